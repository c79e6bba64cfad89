/** The edge: what came as JSON becomes an order, or an exact and stable reason why not. */
import {
  type NewOrder,
  ORDER_ID_PATTERN,
  PRICE_CENTS_MAX,
  QUANTITY_MAX,
  SYMBOL_PATTERN,
} from '../../protocol/orders.ts';

export type Parsed<Value> = { ok: true; value: Value } | { ok: false; orderId: string | null; reason: string };

const FIELDS = new Set([
  'orderId',
  'symbol',
  'side',
  'type',
  'timeInForce',
  'postOnly',
  'price',
  'quantity',
  'timestamp',
]);
/** The last instant of a JavaScript date. */
const EPOCH_MS_MAX = 8_640_000_000_000_000;
/** Of a name that a client chose, so much comes back. */
const ECHO_CHARACTERS_MAX = 64;

type Fields = Readonly<Record<string, unknown>>;

export function parseOrder(body: unknown, symbols: ReadonlySet<string>): Parsed<NewOrder> {
  if (!isFields(body)) return { ok: false, orderId: null, reason: 'Body must be a JSON object' };
  const orderId = isOrderId(body.orderId) ? body.orderId : null;
  const reason = fieldProblem(body) ?? symbolProblem(body.symbol, symbols) ?? combinationProblem(body);
  if (reason !== null) return { ok: false, orderId, reason };
  const { symbol, side, type, timeInForce, postOnly, price, quantity } = body as Fields & Partial<NewOrder>;
  const order = {
    orderId,
    symbol,
    side,
    type: type ?? 'LIMIT',
    timeInForce: timeInForce ?? 'GTC',
    postOnly: postOnly ?? false,
    priceCents: price ?? 0,
    quantity,
  };
  return { ok: true, value: order as NewOrder };
}

/** `{"orders": […]}`: every order a LIMIT that rests, none empty. */
export function parseSeed(body: unknown, symbols: ReadonlySet<string>): Parsed<NewOrder[]> {
  const no = (reason: string, orderId: string | null = null) => ({ ok: false, orderId, reason }) as const;
  if (!isFields(body)) return no('Body must be a JSON object');
  const unknown = Object.keys(body).find((name) => name !== 'orders');
  if (unknown !== undefined) return no(`Unknown field: ${echo(unknown)}`);
  if (body.orders === undefined) return no('Missing field: orders');
  if (!Array.isArray(body.orders)) return no('Invalid orders: must be an array');
  const orders: NewOrder[] = [];
  for (const [index, entry] of body.orders.entries()) {
    const parsed = parseOrder(entry, symbols);
    if (!parsed.ok) return no(`orders[${index}]: ${parsed.reason}`, parsed.orderId);
    if (parsed.value.type !== 'LIMIT' || parsed.value.timeInForce !== 'GTC') {
      return no(`orders[${index}]: A seed must be a LIMIT GTC order`, parsed.value.orderId);
    }
    orders.push(parsed.value);
  }
  return { ok: true, value: orders };
}

export function isOrderId(value: unknown): value is string {
  return typeof value === 'string' && ORDER_ID_PATTERN.test(value);
}

export const ORDER_ID_REASON = 'Invalid orderId: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';

function fieldProblem(body: Fields): string | null {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `Unknown field: ${echo(unknown)}`;
  const required = ['orderId', 'symbol', 'side', 'quantity', ...(body.type === 'MARKET' ? [] : ['price'])];
  const missing = required.find((name) => body[name] === undefined);
  if (missing !== undefined) return `Missing field: ${missing}`;
  if (!isOrderId(body.orderId)) return ORDER_ID_REASON;
  if (typeof body.symbol !== 'string' || !SYMBOL_PATTERN.test(body.symbol)) {
    return 'Invalid symbol: must be 1 to 32 characters of A-Z a-z 0-9 . _ -';
  }
  return (
    choiceProblem(body, 'side', ['BUY', 'SELL']) ??
    choiceProblem(body, 'type', ['LIMIT', 'MARKET']) ??
    choiceProblem(body, 'timeInForce', ['GTC', 'IOC', 'FOK']) ??
    (body.postOnly === undefined || typeof body.postOnly === 'boolean'
      ? null
      : 'Invalid postOnly: must be true or false') ??
    integerProblem(body, 'price', { low: 1, high: PRICE_CENTS_MAX }) ??
    integerProblem(body, 'quantity', { low: 1, high: QUANTITY_MAX }) ??
    integerProblem(body, 'timestamp', { low: 0, high: EPOCH_MS_MAX })
  );
}

function symbolProblem(symbol: unknown, symbols: ReadonlySet<string>): string | null {
  return symbols.has(String(symbol)) ? null : `Unknown symbol: ${symbol}`;
}

function combinationProblem(body: Fields): string | null {
  if (body.type === 'MARKET' && body.price !== undefined) return 'Invalid price: a MARKET order has none';
  const rests = body.type !== 'MARKET' && (body.timeInForce ?? 'GTC') === 'GTC';
  return body.postOnly === true && !rests ? 'Invalid postOnly: only a LIMIT GTC order can be post-only' : null;
}

function choiceProblem(body: Fields, name: string, choices: readonly string[]): string | null {
  const value = body[name];
  if (value === undefined || choices.some((choice) => choice === value)) return null;
  return `Invalid ${name}: must be ${choices.join(' or ')}`;
}

function integerProblem(body: Fields, name: string, { low, high }: { low: number; high: number }): string | null {
  const value = body[name];
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return null;
  return `Invalid ${name}: must be a whole number from ${low} to ${high}`;
}

function isFields(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

function echo(name: string): string {
  return name.slice(0, ECHO_CHARACTERS_MAX);
}
