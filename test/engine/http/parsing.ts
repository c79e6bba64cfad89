/** What the engine's parser makes of a body, and what JSON.parse and a few plain rules make of it. */
import { OrderParser, type ParseProblem } from '../../../src/engine/http/parse-order.ts';
import { SymbolTable } from '../../../src/engine/http/symbol-table.ts';
import { FLAG, RecordBuffer } from '../../../src/engine/record.ts';
import { SYMBOLS } from '../orders.ts';

export interface ReadOrder {
  orderId: string;
  account: string;
  symbol: string;
  side: string;
  type: string;
  timeInForce: string;
  postOnly: boolean;
  priceCents: number;
  quantity: number;
}

const parser = new OrderParser(new SymbolTable(SYMBOLS));

export function parseOrder(body: Buffer | string): ReadOrder | ParseProblem {
  const records = RecordBuffer.ofSize(256);
  return parser.place(Buffer.from(body), records, 0) ?? orderAt(records, 0);
}

export function parseAmend(body: string): ReturnType<OrderParser['amend']> {
  return parser.amend(Buffer.from(body));
}

export function parseSeed(body: string): ReadOrder[] | ParseProblem {
  const seed = parser.seed(Buffer.from(body));
  if (!(seed instanceof RecordBuffer)) return seed;
  const orders: ReadOrder[] = [];
  let at = seed.seedOrders(0);
  for (let count = seed.priceCents(0); count > 0; count--, at += seed.size(at)) orders.push(orderAt(seed, at));
  return orders;
}

function orderAt(records: RecordBuffer, at: number): ReadOrder {
  const flags = records.flags(at);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    orderId: records.orderId(at),
    account: records.account(at),
    symbol: SYMBOLS[records.symbol(at)] ?? '',
    side: has(FLAG.sell) ? 'SELL' : 'BUY',
    type: has(FLAG.market) ? 'MARKET' : 'LIMIT',
    timeInForce: has(FLAG.immediateOrCancel) ? 'IOC' : has(FLAG.fillOrKill) ? 'FOK' : 'GTC',
    postOnly: has(FLAG.postOnly),
    priceCents: records.priceCents(at),
    quantity: records.quantity(at),
  };
}

const NAME = /^[A-Za-z0-9._:-]{1,64}$/;
const oneOf = (choices: readonly unknown[]) => (value: unknown) => choices.includes(value);
const whole = (low: number, high: number) => (value: unknown) =>
  Number.isInteger(value) && !Object.is(value, -0) && Number(value) >= low && Number(value) <= high;
const matching = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  orderId: matching(NAME),
  account: matching(NAME),
  symbol: oneOf(SYMBOLS),
  side: oneOf(['BUY', 'SELL']),
  type: oneOf(['LIMIT', 'MARKET']),
  timeInForce: oneOf(['GTC', 'IOC', 'FOK']),
  postOnly: oneOf([true, false]),
  price: whole(1, 1e9),
  quantity: whole(1, 1e9),
  timestamp: whole(0, 8.64e15),
};

/** The schema of an order, over a value that `JSON.parse` made. `null`: not an order. */
export function orderBySchema(value: unknown): ReadOrder | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const order = new Map<string, unknown>(Object.entries(value));
  for (const [name, field] of order) if (!Object.hasOwn(FIELDS, name) || !FIELDS[name]?.(field)) return null;
  const read: ReadOrder = {
    orderId: String(order.get('orderId')),
    account: String(order.get('account') ?? ''),
    symbol: String(order.get('symbol')),
    side: String(order.get('side')),
    type: String(order.get('type') ?? 'LIMIT'),
    timeInForce: String(order.get('timeInForce') ?? 'GTC'),
    postOnly: order.get('postOnly') === true,
    priceCents: Number(order.get('price') ?? 0),
    quantity: Number(order.get('quantity')),
  };
  if (!['orderId', 'symbol', 'side', 'quantity'].every((name) => order.has(name))) return null;
  if ((read.type === 'MARKET') === order.has('price')) return null;
  if (read.postOnly && (read.type === 'MARKET' || read.timeInForce !== 'GTC')) return null;
  return read;
}
