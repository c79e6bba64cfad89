import { describe, expect, it } from 'vitest';
import { parseOrder, parseSeed } from '../../../src/engine/http/parse-order.ts';
import { SYMBOL, SYMBOLS } from '../orders.ts';

const symbols = new Set(SYMBOLS);
const GOOD = { orderId: 'o-1', symbol: SYMBOL, side: 'BUY', price: 100, quantity: 5 };
const ORDER_ID = 'Invalid orderId: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';
const PRICE = 'Invalid price: must be a whole number from 1 to 1000000000';
const QUANTITY = 'Invalid quantity: must be a whole number from 1 to 1000000000';

describe('an order', () => {
  it('gets its defaults', () => {
    expect(parseOrder({ ...GOOD, timestamp: 1 }, symbols)).toEqual({
      ok: true,
      value: {
        orderId: 'o-1',
        symbol: SYMBOL,
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        postOnly: false,
        priceCents: 100,
        quantity: 5,
      },
    });
  });

  it('has no price when it is a MARKET order', () => {
    const { price: _, ...market } = { ...GOOD, type: 'MARKET' };
    expect(parseOrder(market, symbols)).toMatchObject({ ok: true, value: { type: 'MARKET', priceCents: 0 } });
  });

  it.each([
    [null, 'Body must be a JSON object'],
    [[], 'Body must be a JSON object'],
    ['text', 'Body must be a JSON object'],
    [{ ...GOOD, colour: 1 }, 'Unknown field: colour'],
    [JSON.parse(`{"__proto__": 1}`), 'Unknown field: __proto__'],
    [{}, 'Missing field: orderId'],
    [{ ...GOOD, symbol: undefined }, 'Missing field: symbol'],
    [{ ...GOOD, side: undefined }, 'Missing field: side'],
    [{ ...GOOD, price: undefined }, 'Missing field: price'],
    [{ ...GOOD, quantity: undefined }, 'Missing field: quantity'],
    [{ ...GOOD, orderId: '' }, ORDER_ID],
    [{ ...GOOD, orderId: 'x'.repeat(65) }, ORDER_ID],
    [{ ...GOOD, orderId: 'a b' }, ORDER_ID],
    [{ ...GOOD, orderId: 7 }, ORDER_ID],
    [{ ...GOOD, symbol: 'X' }, 'Unknown symbol: X'],
    [{ ...GOOD, symbol: 7 }, 'Invalid symbol: must be 1 to 32 characters of A-Z a-z 0-9 . _ -'],
    [{ ...GOOD, side: 'buy' }, 'Invalid side: must be BUY or SELL'],
    [{ ...GOOD, type: 'STOP' }, 'Invalid type: must be LIMIT or MARKET'],
    [{ ...GOOD, timeInForce: 'DAY' }, 'Invalid timeInForce: must be GTC or IOC or FOK'],
    [{ ...GOOD, postOnly: 'yes' }, 'Invalid postOnly: must be true or false'],
    [{ ...GOOD, price: 0 }, PRICE],
    [{ ...GOOD, price: 1.5 }, PRICE],
    [{ ...GOOD, price: '100' }, PRICE],
    [{ ...GOOD, price: 1_000_000_001 }, PRICE],
    [{ ...GOOD, price: null }, PRICE],
    [{ ...GOOD, quantity: -1 }, QUANTITY],
    [{ ...GOOD, quantity: 1_000_000_001 }, QUANTITY],
    [{ ...GOOD, timestamp: 'now' }, 'Invalid timestamp: must be a whole number from 0 to 8640000000000000'],
    [{ ...GOOD, type: 'MARKET' }, 'Invalid price: a MARKET order has none'],
    [{ ...GOOD, timeInForce: 'IOC', postOnly: true }, 'Invalid postOnly: only a LIMIT GTC order can be post-only'],
  ])('%j is refused: %s', (body, reason) => {
    const orderId = typeof body === 'object' && body?.orderId === 'o-1' ? 'o-1' : null;
    expect(parseOrder(body, symbols)).toEqual({ ok: false, orderId, reason });
  });

  it.each([1, 1_000_000_000])('takes price and quantity %d', (value) => {
    expect(parseOrder({ ...GOOD, price: value, quantity: value }, symbols).ok).toBe(true);
  });
});

describe('a seed', () => {
  it.each([
    [[], 'Body must be a JSON object'],
    [{}, 'Missing field: orders'],
    [{ orders: [], more: 1 }, 'Unknown field: more'],
    [{ orders: {} }, 'Invalid orders: must be an array'],
    [{ orders: [GOOD, { ...GOOD, price: 0 }] }, `orders[1]: ${PRICE}`],
    [{ orders: [{ ...GOOD, timeInForce: 'IOC' }] }, 'orders[0]: A seed must be a LIMIT GTC order'],
  ])('%j is refused: %s', (body, reason) => {
    expect(parseSeed(body, symbols)).toMatchObject({ ok: false, reason });
  });

  it('is a list of orders', () => {
    expect(parseSeed({ orders: [GOOD] }, symbols)).toMatchObject({ ok: true, value: [{ orderId: 'o-1' }] });
  });
});
