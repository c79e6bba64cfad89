/**
 * One order object, scanned: which fields are there, which are sound, what they say. Field by field as they come, nothing
 * allocated; what is wrong is named afterwards, so that it does not depend on the order of the fields.
 */
import { PRICE_CENTS_MAX, QUANTITY_MAX } from '../../protocol/orders.ts';
import { COMMAND, FLAG } from '../record.ts';
import { type JsonScanner, TOKEN } from './json-scanner.ts';
import { isSame, type SymbolTable } from './symbol-table.ts';

/** The fields of an order, by number. */
export const FIELD = {
  orderId: 0,
  symbol: 1,
  side: 2,
  type: 3,
  timeInForce: 4,
  postOnly: 5,
  price: 6,
  quantity: 7,
  timestamp: 8,
  account: 9,
} as const;
export type FieldName = keyof typeof FIELD;
export const FIELD_NAMES = Object.keys(FIELD) as FieldName[];
const NAMES = FIELD_NAMES.map((name) => Buffer.from(name));

const WORDS = {
  buy: Buffer.from('BUY'),
  sell: Buffer.from('SELL'),
  limit: Buffer.from('LIMIT'),
  market: Buffer.from('MARKET'),
  goodTillCancelled: Buffer.from('GTC'),
  immediateOrCancel: Buffer.from('IOC'),
  fillOrKill: Buffer.from('FOK'),
};

/** The last instant of a JavaScript date. */
export const EPOCH_MS_MAX = 8_640_000_000_000_000;
export const NAME_LENGTH_MAX = 64;
const SYMBOL_LENGTH_MAX = 32;
/** Of a name that a client chose, so much comes back. */
const ECHO_CHARACTERS_MAX = 64;

export class OrderFields {
  /** Of each field: is it there, and sound? */
  readonly isThere = new Uint8Array(FIELD_NAMES.length);
  readonly isSound = new Uint8Array(FIELD_NAMES.length);
  /** A field that orders do not have, or that was there twice. */
  unknown: string | null = null;
  duplicate: FieldName | null = null;
  readonly orderId = Buffer.alloc(NAME_LENGTH_MAX);
  orderIdLength = 0;
  readonly account = Buffer.alloc(NAME_LENGTH_MAX);
  accountLength = 0;
  /** Its number; -1: well-formed, but not one of the shard's. */
  symbol = -1;
  /** What was given for a symbol, to be told back. */
  symbolText = '';
  readonly kind = COMMAND.place;
  flags = 0;
  priceCents = 0;
  quantity = 0;
  readonly #symbols: SymbolTable;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** Reads an object, behind its opening brace. False: the JSON is broken. */
  scan(json: JsonScanner): boolean {
    this.#clear();
    if (json.endObject()) return true;
    for (;;) {
      if (!json.name()) return false;
      const field = this.#fieldOf(json);
      const kind = json.value();
      if (kind === 0) return false;
      if (field >= 0) this.#keep(field, kind, json);
      if (json.endObject()) return true;
      if (!json.comma()) return false;
    }
  }

  #clear(): void {
    this.isThere.fill(0);
    this.isSound.fill(0);
    this.unknown = null;
    this.duplicate = null;
    this.orderIdLength = 0;
    this.accountLength = 0;
    this.symbol = -1;
    this.flags = 0;
    this.priceCents = 0;
    this.quantity = 0;
  }

  /** -1: none of an order's, or one that was there before; both are noted. */
  #fieldOf(json: JsonScanner): number {
    for (let field = 0; field < NAMES.length; field++) {
      if (!isSame(NAMES[field], json.text, json.textLength)) continue;
      if (this.isThere[field] === 0) {
        this.isThere[field] = 1;
        return field;
      }
      this.duplicate ??= FIELD_NAMES[field] ?? null;
      return -1;
    }
    this.unknown ??= textOf(json).slice(0, ECHO_CHARACTERS_MAX);
    return -1;
  }

  #keep(field: number, kind: number, json: JsonScanner): void {
    switch (field) {
      case FIELD.orderId:
        this.isSound[field] = this.#keepName(this.orderId, kind, json);
        this.orderIdLength = this.isSound[field] === 1 ? json.textLength : 0;
        break;
      case FIELD.account:
        this.isSound[field] = this.#keepName(this.account, kind, json);
        this.accountLength = this.isSound[field] === 1 ? json.textLength : 0;
        break;
      case FIELD.symbol:
        this.#keepSymbol(kind, json);
        break;
      case FIELD.side:
        this.#keepChoice(field, kind === TOKEN.string && isSame(WORDS.buy, json.text, json.textLength), 0);
        this.#keepChoice(field, kind === TOKEN.string && isSame(WORDS.sell, json.text, json.textLength), FLAG.sell);
        break;
      case FIELD.type:
        this.#keepChoice(field, kind === TOKEN.string && isSame(WORDS.limit, json.text, json.textLength), 0);
        this.#keepChoice(field, kind === TOKEN.string && isSame(WORDS.market, json.text, json.textLength), FLAG.market);
        break;
      case FIELD.timeInForce:
        this.#keepTimeInForce(kind, json);
        break;
      case FIELD.postOnly:
        this.#keepChoice(field, kind === TOKEN.false, 0);
        this.#keepChoice(field, kind === TOKEN.true, FLAG.postOnly);
        break;
      default:
        this.#keepInteger(field, kind, json.integer);
    }
  }

  #keepTimeInForce(kind: number, { text, textLength }: JsonScanner): void {
    if (kind !== TOKEN.string) return;
    this.#keepChoice(FIELD.timeInForce, isSame(WORDS.goodTillCancelled, text, textLength), 0);
    this.#keepChoice(FIELD.timeInForce, isSame(WORDS.immediateOrCancel, text, textLength), FLAG.immediateOrCancel);
    this.#keepChoice(FIELD.timeInForce, isSame(WORDS.fillOrKill, text, textLength), FLAG.fillOrKill);
  }

  #keepInteger(field: number, kind: number, value: number): void {
    if (kind !== TOKEN.integer) return;
    const [low, high] =
      field === FIELD.timestamp ? [0, EPOCH_MS_MAX] : [1, field === FIELD.price ? PRICE_CENTS_MAX : QUANTITY_MAX];
    if (value < low || value > high) return;
    this.isSound[field] = 1;
    if (field === FIELD.price) this.priceCents = value;
    else if (field === FIELD.quantity) this.quantity = value;
  }

  #keepChoice(field: number, isChosen: boolean, flag: number): void {
    if (!isChosen) return;
    this.isSound[field] = 1;
    this.flags |= flag;
  }

  #keepSymbol(kind: number, { text, textLength }: JsonScanner): void {
    if (kind !== TOKEN.string || textLength < 1 || textLength > SYMBOL_LENGTH_MAX) return;
    this.symbol = this.#symbols.find(text, textLength);
    if (this.symbol < 0) {
      // `:` belongs to names, not to symbols.
      if (!areNameBytes(text, textLength) || text.subarray(0, textLength).includes(':')) return;
      this.symbolText = text.toString('latin1', 0, textLength);
    }
    this.isSound[FIELD.symbol] = 1;
  }

  #keepName(into: Buffer, kind: number, { text, textLength }: JsonScanner): 0 | 1 {
    if (kind !== TOKEN.string || textLength < 1 || textLength > NAME_LENGTH_MAX) return 0;
    if (!areNameBytes(text, textLength)) return 0;
    for (let index = 0; index < textLength; index++) into[index] = text[index] ?? 0;
    return 1;
  }
}

/** `A–Z a–z 0–9 . _ : -`. */
const NAME_BYTES = Uint8Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9._:-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

export function areNameBytes(text: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (NAME_BYTES[text[index] ?? 0] === 0) return false;
  return true;
}

function textOf({ text, textLength }: JsonScanner): string {
  return text.toString('utf8', 0, Math.min(textLength, text.length));
}
