/**
 * An order id, packed. Ids are 1 to 64 characters, in the log and in the table of orders as Latin-1:
 *
 *   a UUID in its usual form (36 characters, lower case)   its 16 bytes, in the 4 id words of the order
 *   up to 16 characters                                     as they are, zeros behind, in the 4 id words
 *   longer                                                  the first 16 there, the rest in a tail of words
 *
 * Two ids are the same when form, length and every word are: a hash only finds candidates.
 */
import type { RecordBuffer } from '../record.ts';

export const ID_WORDS = 4;
export const TAIL_WORDS_MAX = 12;
const UUID_LENGTH = 36;
const DASH = 45;

/** The id being looked for or put in; used again for the next. */
export class OrderId {
  readonly words = new Int32Array(ID_WORDS + TAIL_WORDS_MAX);
  length = 0;
  isUuid = false;
  hash = 0;
  readonly #seed: number;
  #notHex = 0;

  /** @param seed makes the hash one that a client cannot foresee. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Words behind the first four. */
  get tailWords(): number {
    return this.isUuid ? 0 : Math.max(0, (this.length + 3 - 16) >> 2);
  }

  /** The id of the record at `offset`. */
  read(records: RecordBuffer, offset: number): void {
    const start = records.idOffset(offset);
    this.length = records.idLength(offset);
    this.isUuid = this.length === UUID_LENGTH && this.#packUuid(records.words, start >> 2);
    if (!this.isUuid) this.#copy(records.words, start >> 2);
    this.hash = hashOf(this.words, this.isUuid ? ID_WORDS : (this.length + 3) >> 2, this.#seed);
  }

  #copy(from: Int32Array, start: number): void {
    const { words, length } = this;
    const whole = length >> 2;
    for (let index = 0; index < whole; index++) words[index] = from[start + index] ?? 0;
    const rest = length & 3;
    let count = whole;
    // Behind the id's last byte the account begins.
    if (rest > 0) words[count++] = (from[start + whole] ?? 0) & ((1 << (8 * rest)) - 1);
    while (count < ID_WORDS) words[count++] = 0;
  }

  /** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`: eight groups of four digits, which the dashes shift against the words. */
  #packUuid(from: Int32Array, start: number): boolean {
    const { words } = this;
    const w2 = from[start + 2] ?? 0;
    const w3 = from[start + 3] ?? 0;
    const w4 = from[start + 4] ?? 0;
    const w5 = from[start + 5] ?? 0;
    const dashes =
      ((w2 & 255) ^ DASH) | (((w3 >>> 8) & 255) ^ DASH) | (((w4 >>> 16) & 255) ^ DASH) | ((w5 >>> 24) ^ DASH);
    if (dashes !== 0) return false;
    this.#notHex = 0;
    words[0] = (this.#digits(from[start] ?? 0) << 16) | this.#digits(from[start + 1] ?? 0);
    words[1] = (this.#digits((w2 >>> 8) | (w3 << 24)) << 16) | this.#digits((w3 >>> 16) | (w4 << 16));
    words[2] = (this.#digits((w4 >>> 24) | (w5 << 8)) << 16) | this.#digits(from[start + 6] ?? 0);
    words[3] = (this.#digits(from[start + 7] ?? 0) << 16) | this.#digits(from[start + 8] ?? 0);
    return this.#notHex === 0;
  }

  /** The number that four digits write, all four at once: from text to nibbles, and back to see that they were digits. */
  #digits(text: number): number {
    const nibbles = ((text & 0x0f0f_0f0f) + Math.imul((text >>> 6) & 0x0101_0101, 9)) & 0x0f0f_0f0f;
    const letters = ((nibbles + 0x0606_0606) >>> 4) & 0x0101_0101;
    this.#notHex |= (nibbles + 0x3030_3030 + Math.imul(letters, 0x27)) ^ text;
    return ((nibbles & 15) << 12) | (((nibbles >>> 8) & 15) << 8) | (((nibbles >>> 16) & 15) << 4) | (nibbles >>> 24);
  }
}

/** Of the first `count` words. */
export function hashOf(words: Int32Array, count: number, seed: number): number {
  let hash = seed ^ count;
  for (let index = 0; index < count; index++) {
    hash = Math.imul(hash ^ (words[index] ?? 0), 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x85eb_ca6b);
  return hash ^ (hash >>> 16);
}

/** Back to text. `words` holds the id's words from `start` on, `tail` its further ones from `tailStart` on. */
export function idText(
  id: { words: Int32Array; start: number; length: number; isUuid: boolean },
  tail: Int32Array,
): string {
  const bytes = Buffer.alloc(64);
  if (id.isUuid) {
    for (let word = 0; word < ID_WORDS; word++) bytes.writeInt32BE(id.words[id.start + word] ?? 0, word * 4);
    const hex = bytes.toString('hex', 0, 16);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
  for (let word = 0; word < ID_WORDS; word++) bytes.writeInt32LE(id.words[id.start + word] ?? 0, word * 4);
  for (let word = 0; word < tail.length; word++) bytes.writeInt32LE(tail[word] ?? 0, 16 + word * 4);
  return bytes.toString('latin1', 0, id.length);
}
