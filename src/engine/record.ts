/**
 * A command as bytes: the parser writes it into the ring, the log copies it into a frame, matching reads it from there,
 * live and in a replay. One layout for all, so nothing is translated between an order's arrival and its match.
 *
 *   byte  size  field                                            little-endian, begins at a multiple of 4
 *      0     1  kind (`COMMAND`)
 *      1     1  flags (`FLAG`)
 *      2     2  symbol: its index in the list of the engine, in a log that of the segment's header
 *      4     1  length of the order id, 0 to 64
 *      5     1  length of the account, 0 to 64
 *      6     2  zero
 *      8     4  price in cents; 0: none          (seed: number of orders; book query: levels)
 *     12     4  quantity; 0: none                (seed: bytes of the orders that follow)
 *     16     …  order id, account (Latin-1), zeros up to a multiple of 4
 *
 * A seed is a header followed by its orders, each a whole `place` record.
 */
import { strict as assert } from 'node:assert';

export const COMMAND = { place: 1, cancel: 2, amend: 3, seed: 4, reset: 5, bookQuery: 16, orderQuery: 17 };

/** A query changes nothing and is never logged. */
export function isQuery(kind: number): boolean {
  return kind >= COMMAND.bookQuery;
}

/** Is it about one order, which it names? */
export function hasOrderId(kind: number): boolean {
  return kind <= COMMAND.amend || kind === COMMAND.orderQuery;
}

export const FLAG = {
  sell: 1,
  market: 2,
  immediateOrCancel: 4,
  fillOrKill: 8,
  postOnly: 16,
  /** Cancel, amend, order query: the client said of which symbol; another one than the order's is "not resting". */
  symbolGiven: 32,
};

const HEADER_BYTES = 16;
const NAME_BYTES_MAX = 64;
/** Of every kind but a seed. */
export const RECORD_BYTES_MAX = HEADER_BYTES + 2 * NAME_BYTES_MAX;

/** What a record says, in numbers: everything but the two names. */
export interface RecordFields {
  kind: number;
  flags: number;
  symbol: number;
  priceCents: number;
  quantity: number;
}

/** Bytes that hold records, seen as bytes and as 32-bit words. */
export class RecordBuffer {
  readonly bytes: Buffer;
  readonly words: Int32Array;

  /** @param bytes begins at a multiple of 4 of its memory, and its length is one. */
  constructor(bytes: Uint8Array) {
    assert(bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0, 'records lie at multiples of 4 bytes');
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }

  /** Over bytes that came from elsewhere: a copy where they do not begin at a multiple of 4. */
  static over(bytes: Uint8Array): RecordBuffer {
    return new RecordBuffer(bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes));
  }

  static ofSize(bytes: number): RecordBuffer {
    return new RecordBuffer(new Uint8Array(Math.ceil(bytes / 4) * 4));
  }

  kind(offset: number): number {
    return this.bytes[offset] ?? 0;
  }

  flags(offset: number): number {
    return this.bytes[offset + 1] ?? 0;
  }

  symbol(offset: number): number {
    return (this.bytes[offset + 2] ?? 0) | ((this.bytes[offset + 3] ?? 0) << 8);
  }

  idLength(offset: number): number {
    return this.bytes[offset + 4] ?? 0;
  }

  accountLength(offset: number): number {
    return this.bytes[offset + 5] ?? 0;
  }

  /** Where the order id begins; the account follows it. */
  idOffset(offset: number): number {
    return offset + HEADER_BYTES;
  }

  priceCents(offset: number): number {
    return this.words[(offset >> 2) + 2] ?? 0;
  }

  quantity(offset: number): number {
    return this.words[(offset >> 2) + 3] ?? 0;
  }

  orderId(offset: number): string {
    const start = this.idOffset(offset);
    return this.bytes.toString('latin1', start, start + this.idLength(offset));
  }

  account(offset: number): string {
    const start = this.idOffset(offset) + this.idLength(offset);
    return this.bytes.toString('latin1', start, start + this.accountLength(offset));
  }

  /** Are the two records the same, byte for byte? */
  equals(offset: number, other: number): boolean {
    const size = this.size(offset);
    return this.bytes.compare(this.bytes, other, other + size, offset, offset + size) === 0;
  }

  /** Bytes of the record, of a seed with its orders. */
  size(offset: number): number {
    if (this.kind(offset) === COMMAND.seed) return HEADER_BYTES + this.quantity(offset);
    return HEADER_BYTES + roundUpToWord(this.idLength(offset) + this.accountLength(offset));
  }

  /** Where the first order of the seed at `offset` begins. */
  seedOrders(offset: number): number {
    return offset + HEADER_BYTES;
  }

  /**
   * Writes a whole record. The names are Latin-1 and were checked: their lengths are not questioned here.
   * @returns its size in bytes
   */
  write(offset: number, fields: RecordFields, orderId = '', account = ''): number {
    const { bytes } = this;
    const start = offset + HEADER_BYTES;
    const accountStart = start + orderId.length;
    // Shorter than the call of a native function takes.
    for (let index = 0; index < orderId.length; index++) bytes[start + index] = orderId.charCodeAt(index);
    for (let index = 0; index < account.length; index++) bytes[accountStart + index] = account.charCodeAt(index);
    return this.writeHeader(offset, fields, orderId.length, account.length);
  }

  /**
   * For a writer that has put the names behind the header itself: the header, and zeros up to the record's end.
   * @returns its size in bytes
   */
  writeHeader(offset: number, fields: RecordFields, idLength: number, accountLength: number): number {
    const { bytes, words } = this;
    bytes[offset] = fields.kind;
    bytes[offset + 1] = fields.flags;
    bytes[offset + 2] = fields.symbol & 0xff;
    bytes[offset + 3] = fields.symbol >> 8;
    words[(offset >> 2) + 1] = idLength | (accountLength << 8);
    words[(offset >> 2) + 2] = fields.priceCents;
    words[(offset >> 2) + 3] = fields.quantity;
    const namesEnd = offset + HEADER_BYTES + idLength + accountLength;
    for (let at = namesEnd; (at & 3) !== 0; at++) bytes[at] = 0;
    return this.size(offset);
  }
}

function roundUpToWord(bytes: number): number {
  return (bytes + 3) & ~3;
}
