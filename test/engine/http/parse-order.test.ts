import { describe, expect, it } from 'vitest';
import { SYMBOL } from '../orders.ts';
import { parseAmend, parseOrder, parseSeed } from './parsing.ts';

const GOOD = { orderId: 'o-1', symbol: SYMBOL, side: 'BUY', price: 100, quantity: 5 };
const TEXT = JSON.stringify(GOOD);
const ORDER_ID = 'Invalid orderId: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';
const ACCOUNT = 'Invalid account: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';
const SYMBOL_FORM = 'Invalid symbol: must be 1 to 32 characters of A-Z a-z 0-9 . _ -';
const PRICE = 'Invalid price: must be a whole number from 1 to 1000000000';
const QUANTITY = 'Invalid quantity: must be a whole number from 1 to 1000000000';
const MALFORMED = 'Malformed JSON';
const NO_OBJECT = 'Body must be a JSON object';
/** The good order, with this text in place of its price. */
const priced = (token: string): string => TEXT.replace('100', token);
/** … in place of its id, between the quotes. */
const named = (text: string): string => TEXT.replace('o-1', text);

describe('an order', () => {
  it('gets its defaults', () => {
    expect(parseOrder(JSON.stringify({ ...GOOD, timestamp: 1 }))).toEqual({
      orderId: 'o-1',
      account: '',
      symbol: SYMBOL,
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      postOnly: false,
      priceCents: 100,
      quantity: 5,
    });
  });

  it('has no price when it is a MARKET order', () => {
    const { price: _, ...market } = { ...GOOD, type: 'MARKET' };
    expect(parseOrder(JSON.stringify(market))).toMatchObject({ type: 'MARKET', priceCents: 0 });
  });

  it('may name an account', () => {
    expect(parseOrder(JSON.stringify({ ...GOOD, account: 'desk:7' }))).toMatchObject({ account: 'desk:7' });
  });

  it.each([1, 1_000_000_000])('takes price and quantity %d', (value) => {
    const order = JSON.stringify({ ...GOOD, price: value, quantity: value });
    expect(parseOrder(order)).toMatchObject({ priceCents: value, quantity: value });
  });

  it.each([
    [named('\\u006f\\u002d1'), 'o-1'],
    [named('x'.repeat(64)), 'x'.repeat(64)],
    [named('toString'), 'toString'],
    [named('__proto__'), '__proto__'],
    [` \t\r\n${TEXT}\n `, 'o-1'],
    [TEXT.replace('orderId', 'order\\u0049d'), 'o-1'],
  ])('%s is order %s', (body, orderId) => {
    expect(parseOrder(body)).toMatchObject({ orderId, priceCents: 100 });
  });

  it.each([
    [null, NO_OBJECT],
    [[], NO_OBJECT],
    ['text', NO_OBJECT],
    [7, NO_OBJECT],
    [{ ...GOOD, colour: 1 }, 'Unknown field: colour'],
    [{ ...GOOD, ['x'.repeat(70)]: 1 }, `Unknown field: ${'x'.repeat(64)}`],
    [JSON.parse(`{"__proto__": 1}`), 'Unknown field: __proto__'],
    [{ ...GOOD, constructor: { prototype: 1 } }, 'Unknown field: constructor'],
    [{}, 'Missing field: orderId'],
    [{ ...GOOD, symbol: undefined }, 'Missing field: symbol'],
    [{ ...GOOD, side: undefined }, 'Missing field: side'],
    [{ ...GOOD, price: undefined }, 'Missing field: price'],
    [{ ...GOOD, quantity: undefined }, 'Missing field: quantity'],
    [{ ...GOOD, symbol: 'X' }, 'Unknown symbol: X'],
    [{ ...GOOD, symbol: 'toString' }, 'Unknown symbol: toString'],
    [{ ...GOOD, symbol: 'a:b' }, SYMBOL_FORM],
    [{ ...GOOD, symbol: 'x'.repeat(33) }, SYMBOL_FORM],
    [{ ...GOOD, symbol: 7 }, SYMBOL_FORM],
    [{ ...GOOD, side: 'buy' }, 'Invalid side: must be BUY or SELL'],
    [{ ...GOOD, type: 'STOP' }, 'Invalid type: must be LIMIT or MARKET'],
    [{ ...GOOD, timeInForce: 'DAY' }, 'Invalid timeInForce: must be GTC or IOC or FOK'],
    [{ ...GOOD, postOnly: 'yes' }, 'Invalid postOnly: must be true or false'],
    [{ ...GOOD, price: 0 }, PRICE],
    [{ ...GOOD, price: '100' }, PRICE],
    [{ ...GOOD, price: 1_000_000_001 }, PRICE],
    [{ ...GOOD, price: null }, PRICE],
    [{ ...GOOD, price: true }, PRICE],
    [{ ...GOOD, price: [] }, PRICE],
    [{ ...GOOD, price: { valueOf: 100 } }, PRICE],
    [{ ...GOOD, quantity: -1 }, QUANTITY],
    [{ ...GOOD, quantity: 1_000_000_001 }, QUANTITY],
    [{ ...GOOD, account: '' }, ACCOUNT],
    [{ ...GOOD, account: null }, ACCOUNT],
    [{ ...GOOD, timestamp: 'now' }, 'Invalid timestamp: must be a whole number from 0 to 8640000000000000'],
    [{ ...GOOD, type: 'MARKET' }, 'Invalid price: a MARKET order has none'],
    [{ ...GOOD, timeInForce: 'IOC', postOnly: true }, 'Invalid postOnly: only a LIMIT GTC order can be post-only'],
  ])('%j is refused: %s', (body, reason) => {
    const orderId = typeof body === 'object' && body !== null && 'orderId' in body ? 'o-1' : null;
    expect(parseOrder(JSON.stringify(body))).toEqual({ orderId, reason });
  });

  it.each([
    ['an empty id', named(''), ORDER_ID],
    ['65 characters', named('x'.repeat(65)), ORDER_ID],
    ['a megabyte', named('x'.repeat(2 ** 20)), ORDER_ID],
    ['a space', named('a b'), ORDER_ID],
    ['an emoji', named('🙂'), ORDER_ID],
    ['an accent', named('é'), ORDER_ID],
    ['a zero-width space', named('o\\u200b1'), ORDER_ID],
    ['a lone surrogate', named('\\ud800'), ORDER_ID],
    ['an escaped NUL', named('o\\u0000'), ORDER_ID],
    ['an escaped line break', named('o\\r\\n1'), ORDER_ID],
    ['a number', TEXT.replace('"o-1"', '7'), ORDER_ID],
  ])('with %s for an id is refused', (_, body, reason) => {
    expect(parseOrder(body)).toEqual({ orderId: null, reason });
  });

  it.each([
    ['1.5', PRICE],
    ['1.0', PRICE],
    ['1e2', PRICE],
    ['1E+2', PRICE],
    ['-0', PRICE],
    ['-100', PRICE],
    ['0', PRICE],
    ['1e308', PRICE],
    ['1e400', PRICE],
    ['1.00000000000000001', PRICE],
    ['9007199254740992', PRICE],
    ['9007199254740993', PRICE],
    ['9'.repeat(400), PRICE],
    ['{"deep":[[["x"]]]}', PRICE],
  ])('with the price %s is refused', (token, reason) => {
    expect(parseOrder(priced(token))).toEqual({ orderId: 'o-1', reason });
  });

  it.each([
    ['NaN', priced('NaN')],
    ['Infinity', priced('Infinity')],
    ['a leading zero', priced('0100')],
    ['a plus sign', priced('+100')],
    ['a bare point', priced('100.')],
    ['a bare exponent', priced('1e')],
    ['a hexadecimal number', priced('0x64')],
    ['a raw line break in a string', named('o\n1')],
    ['a raw NUL in a string', named('o\u00001')],
    ['an unknown escape', named('\\x41')],
    ['a cut escape', named('\\u00')],
    ['nothing at all', ''],
    ['white space', ' \n'],
    ['half an object', TEXT.slice(0, -1)],
    ['trailing bytes', `${TEXT} x`],
    ['two objects', TEXT + TEXT],
    ['a trailing comma', TEXT.replace('}', ',}')],
    ['a missing comma', TEXT.replace(',', ' ')],
    ['a byte order mark', `\ufeff${TEXT}`],
    ['a comment', `/* an order */${TEXT}`],
    ['single quotes', TEXT.replaceAll('"', "'")],
    ['unquoted names', TEXT.replace('"price"', 'price')],
    ['30,000 open brackets', priced('['.repeat(30_000))],
    ['30,000 levels', priced('['.repeat(30_000) + ']'.repeat(30_000))],
  ])('with %s is malformed', (_, body) => {
    expect(parseOrder(body)).toEqual({ orderId: null, reason: MALFORMED });
  });

  it.each([
    ['in a value', Buffer.concat([Buffer.from('{"orderId":"'), Buffer.of(0xff), Buffer.from('"}')])],
    ['in a name', Buffer.concat([Buffer.from('{"'), Buffer.of(0xc0, 0xaf), Buffer.from('":1}')])],
    ['behind the object', Buffer.concat([Buffer.from(TEXT), Buffer.of(0x80)])],
  ])('with invalid UTF-8 %s is malformed', (_, body) => {
    expect(parseOrder(body)).toEqual({ orderId: null, reason: MALFORMED });
  });

  it.each(Object.entries(GOOD))('with %s given twice is refused', (name, value) => {
    const twice = TEXT.replace('}', `,"${name}":${JSON.stringify(value)}}`);
    expect(parseOrder(twice)).toEqual({ orderId: 'o-1', reason: `Duplicate field: ${name}` });
  });
});

describe('an amend', () => {
  it.each([
    ['{"price":7}', { priceCents: 7, quantity: 0 }],
    ['{"quantity":8}', { priceCents: 0, quantity: 8 }],
    ['{"price":7,"quantity":8}', { priceCents: 7, quantity: 8 }],
  ])('%s is taken', (body, change) => {
    expect(parseAmend(body)).toEqual(change);
  });

  it.each([
    ['{}', 'Missing field: price or quantity'],
    ['[]', NO_OBJECT],
    ['{"price":0}', PRICE],
    ['{"quantity":1.0}', QUANTITY],
    ['{"price":1,"price":2}', 'Duplicate field: price'],
    ['{"side":"BUY"}', 'Unknown field: side'],
    ['{"colour":1}', 'Unknown field: colour'],
    ['{"price":1', MALFORMED],
  ])('%s is refused: %s', (body, reason) => {
    expect(parseAmend(body)).toEqual({ orderId: null, reason });
  });
});

describe('a seed', () => {
  it.each([
    ['[]', NO_OBJECT],
    ['{}', 'Missing field: orders'],
    ['{"orders":[],"more":1}', 'Unknown field: more'],
    ['{"orders":[],"orders":[]}', 'Duplicate field: orders'],
    ['{"orders":{}}', 'Invalid orders: must be an array'],
    ['{"orders":[7]}', 'orders[0]: Body must be a JSON object'],
    [`{"orders":[${TEXT},${priced('0')}]}`, `orders[1]: ${PRICE}`],
    [`{"orders":[${TEXT.replace('}', ',"timeInForce":"IOC"}')}]}`, 'orders[0]: A seed must be a LIMIT GTC order'],
    [`{"orders":[${TEXT}`, MALFORMED],
    [`{"orders":[${TEXT},]}`, MALFORMED],
    [`{"orders":[${TEXT}]}}`, MALFORMED],
  ])('%s is refused: %s', (body, reason) => {
    expect(parseSeed(body)).toMatchObject({ reason });
  });

  it('is a list of orders', () => {
    const second = named('o-2').replace('BUY', 'SELL');
    expect(parseSeed(`{"orders":[${TEXT},${second}]}`)).toMatchObject([
      { orderId: 'o-1', side: 'BUY' },
      { orderId: 'o-2', side: 'SELL' },
    ]);
  });

  it('may be empty', () => {
    expect(parseSeed('{"orders":[]}')).toEqual([]);
  });
});
