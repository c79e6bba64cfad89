/** The edge: a body becomes a record, or an exact and stable reason why not. */
import { PRICE_CENTS_MAX, QUANTITY_MAX } from '../../protocol/orders.ts';
import { COMMAND, FLAG, RECORD_BYTES_MAX, RecordBuffer } from '../record.ts';
import { JsonScanner } from './json-scanner.ts';
import { EPOCH_MS_MAX, FIELD, FIELD_NAMES, type FieldName, OrderFields } from './order-fields.ts';
import type { SymbolTable } from './symbol-table.ts';

export interface ParseProblem {
  /** `null` where the body did not tell, or not soundly. */
  orderId: string | null;
  reason: string;
}

export const ORDER_ID_REASON = 'Invalid orderId: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';
export const MALFORMED: ParseProblem = { orderId: null, reason: 'Malformed JSON' };
const NO_OBJECT: ParseProblem = { orderId: null, reason: 'Body must be a JSON object' };
const RESTS_NOT = FLAG.market | FLAG.immediateOrCancel | FLAG.fillOrKill;
/** In this order a missing one is named. */
const REQUIRED = ['orderId', 'symbol', 'side', 'quantity', 'price'] as const satisfies FieldName[];
const whole = (low: number, high: number): string => `must be a whole number from ${low} to ${high}`;
const INVALID: Readonly<Record<FieldName, string>> = {
  orderId: ORDER_ID_REASON,
  symbol: 'Invalid symbol: must be 1 to 32 characters of A-Z a-z 0-9 . _ -',
  side: 'Invalid side: must be BUY or SELL',
  type: 'Invalid type: must be LIMIT or MARKET',
  timeInForce: 'Invalid timeInForce: must be GTC or IOC or FOK',
  postOnly: 'Invalid postOnly: must be true or false',
  price: `Invalid price: ${whole(1, PRICE_CENTS_MAX)}`,
  quantity: `Invalid quantity: ${whole(1, QUANTITY_MAX)}`,
  timestamp: `Invalid timestamp: ${whole(0, EPOCH_MS_MAX)}`,
  account: 'Invalid account: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -',
};
const PLACE_FIELDS = { kind: COMMAND.place, flags: 0, symbol: 0, priceCents: 0, quantity: 0 };

export class OrderParser {
  readonly #json = new JsonScanner();
  readonly #fields: OrderFields;

  constructor(symbols: SymbolTable) {
    this.#fields = new OrderFields(symbols);
  }

  /** Writes the order as a record; `null`: done. */
  place(body: Buffer, into: RecordBuffer, offset: number): ParseProblem | null {
    const json = this.#json;
    json.start(body);
    const problem = this.#readObject();
    if (problem !== null) return problem;
    if (!json.end()) return MALFORMED;
    const reason = this.#orderProblem();
    if (reason !== null) return { orderId: this.#orderIdText(), reason };
    this.#write(into, offset);
    return null;
  }

  /** `{"price"?, "quantity"?}`, at least one of them: price and quantity of the change, 0 for what stays. */
  amend(body: Buffer): ParseProblem | { priceCents: number; quantity: number } {
    const json = this.#json;
    const fields = this.#fields;
    json.start(body);
    const problem = this.#readObject();
    if (problem !== null) return problem;
    if (!json.end()) return MALFORMED;
    const other = FIELD_NAMES.find(
      (name) => name !== 'price' && name !== 'quantity' && fields.isThere[FIELD[name]] === 1,
    );
    const unknown = fields.unknown ?? other;
    const { priceCents, quantity } = fields;
    if (unknown !== undefined) return { orderId: null, reason: `Unknown field: ${unknown}` };
    if (fields.duplicate !== null) return { orderId: null, reason: `Duplicate field: ${fields.duplicate}` };
    const invalid = this.#firstInvalid();
    if (invalid !== null) return { orderId: null, reason: invalid };
    if (priceCents === 0 && quantity === 0) return { orderId: null, reason: 'Missing field: price or quantity' };
    return { priceCents, quantity };
  }

  /** `{"orders": […]}`, every order a LIMIT that rests: one record, in a buffer of its own. */
  seed(body: Buffer): ParseProblem | RecordBuffer {
    const json = this.#json;
    json.start(body);
    if (!json.takeObject()) return this.#notAnObject();
    let seed: RecordBuffer | ParseProblem | null = null;
    let unknown: string | null = null;
    let isDuplicate = false;
    for (let isFirst = true; !json.endObject(); isFirst = false) {
      if ((!isFirst && !json.comma()) || !json.name()) return MALFORMED;
      const name = json.text.toString('utf8', 0, Math.min(json.textLength, json.text.length));
      if (name !== 'orders') {
        unknown ??= name.slice(0, 64);
        if (json.value() === 0) return MALFORMED;
        continue;
      }
      isDuplicate = seed !== null;
      seed = this.#readOrders(body.length);
      if (json.isBroken) return MALFORMED;
    }
    if (!json.end()) return MALFORMED;
    if (unknown !== null) return { orderId: null, reason: `Unknown field: ${unknown}` };
    if (isDuplicate) return { orderId: null, reason: 'Duplicate field: orders' };
    return seed ?? { orderId: null, reason: 'Missing field: orders' };
  }

  /** The first order that is not sound is named, once the whole list has been read. */
  #readOrders(bodyBytes: number): RecordBuffer | ParseProblem {
    const json = this.#json;
    if (!json.takeArray()) {
      json.value();
      return { orderId: null, reason: 'Invalid orders: must be an array' };
    }
    // An order is shorter as a record than as JSON, as long as its names are plain.
    const seed = RecordBuffer.ofSize(bodyBytes + 2 * RECORD_BYTES_MAX);
    let problem: ParseProblem | null = null;
    let at = seed.seedOrders(0);
    let count = 0;
    for (; !json.endArray(); count++) {
      if (count > 0 && !json.comma()) return MALFORMED;
      const found = this.#readObject();
      if (json.isBroken) return MALFORMED;
      const reason = found?.reason ?? this.#orderProblem() ?? this.#seedProblem();
      if (reason === null) at += problem === null ? this.#write(seed, at) : 0;
      else problem ??= { orderId: this.#orderIdText(), reason: `orders[${count}]: ${reason}` };
    }
    if (problem !== null) return problem;
    seed.write(0, { ...PLACE_FIELDS, kind: COMMAND.seed, priceCents: count, quantity: at - seed.seedOrders(0) });
    return seed;
  }

  #readObject(): ParseProblem | null {
    if (!this.#json.takeObject()) return this.#notAnObject();
    return this.#fields.scan(this.#json) ? null : MALFORMED;
  }

  #notAnObject(): ParseProblem {
    const isWhole = this.#json.value() !== 0;
    return isWhole && !this.#json.isBroken ? NO_OBJECT : MALFORMED;
  }

  #orderProblem(): string | null {
    const fields = this.#fields;
    if (fields.unknown !== null) return `Unknown field: ${fields.unknown}`;
    if (fields.duplicate !== null) return `Duplicate field: ${fields.duplicate}`;
    const isMarket = (fields.flags & FLAG.market) !== 0;
    for (const name of REQUIRED) {
      if (fields.isThere[FIELD[name]] === 0 && !(name === 'price' && isMarket)) return `Missing field: ${name}`;
    }
    const invalid = this.#firstInvalid();
    if (invalid !== null) return invalid;
    if (fields.symbol < 0) return `Unknown symbol: ${fields.symbolText}`;
    if (isMarket && fields.isThere[FIELD.price] === 1) return 'Invalid price: a MARKET order has none';
    const isPostOnly = (fields.flags & FLAG.postOnly) !== 0;
    return isPostOnly && (fields.flags & RESTS_NOT) !== 0
      ? 'Invalid postOnly: only a LIMIT GTC order can be post-only'
      : null;
  }

  /** In the order of `FIELD`. */
  #firstInvalid(): string | null {
    const { isThere, isSound } = this.#fields;
    for (const name of FIELD_NAMES) if (isThere[FIELD[name]] === 1 && isSound[FIELD[name]] === 0) return INVALID[name];
    return null;
  }

  #seedProblem(): string | null {
    return (this.#fields.flags & RESTS_NOT) === 0 ? null : 'A seed must be a LIMIT GTC order';
  }

  #orderIdText(): string | null {
    const { orderId, orderIdLength } = this.#fields;
    return orderIdLength === 0 ? null : orderId.toString('latin1', 0, orderIdLength);
  }

  #write(into: RecordBuffer, offset: number): number {
    const fields = this.#fields;
    const start = into.idOffset(offset);
    for (let index = 0; index < fields.orderIdLength; index++) into.bytes[start + index] = fields.orderId[index] ?? 0;
    const accountStart = start + fields.orderIdLength;
    for (let index = 0; index < fields.accountLength; index++) {
      into.bytes[accountStart + index] = fields.account[index] ?? 0;
    }
    return into.writeHeader(offset, fields, fields.orderIdLength, fields.accountLength);
  }
}
