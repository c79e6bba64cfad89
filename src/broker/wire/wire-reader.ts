/** Reads a request of Kafka's protocol: big-endian, every length checked before it is believed. */
import { MalformedRequest } from './malformed-request.ts';

/** No request that this broker answers has a list longer than this. */
const ITEMS_MAX = 10_000;

export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  string(): string {
    const text = this.nullableString();
    if (text === null) throw new MalformedRequest('a string that is null');
    return text;
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#take(length).toString('utf8');
  }

  bytes(): Buffer {
    return this.nullableBytes() ?? Buffer.alloc(0);
  }

  /** A view of the request, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.#take(length);
  }

  array<Item>(read: () => Item): Item[] {
    return this.nullableArray(read) ?? [];
  }

  nullableArray<Item>(read: () => Item): Item[] | null {
    const count = this.int32();
    if (count < 0) return null;
    if (count > ITEMS_MAX) throw new MalformedRequest(`a list of ${count}`);
    return Array.from({ length: count }, read);
  }

  /** Of the flexible versions: a varint of the length and one. */
  compactString(): string {
    const length = this.#unsignedVarint() - 1;
    return length < 0 ? '' : this.#take(length).toString('utf8');
  }

  /** Tagged fields are options that this broker has none of. */
  skipTags(): void {
    const count = this.#unsignedVarint();
    if (count > ITEMS_MAX) throw new MalformedRequest(`${count} tagged fields`);
    for (let tag = 0; tag < count; tag++) {
      this.#unsignedVarint();
      this.#take(this.#unsignedVarint());
    }
  }

  #unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#advance(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedRequest('a number that does not end');
  }

  #take(length: number): Buffer {
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Returns where the next `length` bytes begin. */
  #advance(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) {
      throw new MalformedRequest(`${length} bytes at byte ${from} of ${this.#bytes.length}`);
    }
    this.#at += length;
    return from;
  }
}
