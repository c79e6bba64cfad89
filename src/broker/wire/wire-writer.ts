/** Writes an answer of Kafka's protocol. Each call returns the writer, so that an answer reads like its definition. */
const FIRST_BYTES = 256;

export class WireWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint | number): this {
    const at = this.#reserve(8);
    this.#bytes.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1);
    const bytes = Buffer.byteLength(text);
    this.int16(bytes);
    const at = this.#reserve(bytes);
    this.#bytes.write(text, at, 'utf8');
    return this;
  }

  bytes(content: Uint8Array | null): this {
    if (content === null) return this.int32(-1);
    this.int32(content.length);
    const at = this.#reserve(content.length);
    this.#bytes.set(content, at);
    return this;
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length);
    items.forEach(write);
    return this;
  }

  /** Of the flexible versions; up to 126 items. */
  compactArray<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int8(items.length + 1);
    items.forEach(write);
    return this;
  }

  noTags(): this {
    return this.int8(0);
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + bytes));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length += bytes;
    return at;
  }
}
