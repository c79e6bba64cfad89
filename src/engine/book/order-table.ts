/**
 * Every order that is known, by its id: those that rest, and the last ones that are finished (filled, cancelled,
 * refused), so that a repeated order is answered like the first time and `GET /orders/{id}` knows what became of one.
 * An order that rests is never forgotten; of the finished ones the oldest are, once there are more than the window.
 *
 * An order is forgotten only at the start of a command, at most a few each time. What left the book in a batch is still
 * there when the batch's events are described, as long as a batch finishes fewer orders than the window holds.
 */
import type { Side } from '../../protocol/orders.ts';
import { FLAG, type RecordBuffer } from '../record.ts';
import { Arena } from './arena.ts';
import { type BookStorage, ORDER, ORDER_WORDS, STATE } from './book-storage.ts';
import { IdIndex, type IdOwner } from './id-index.ts';
import { IdsAhead } from './ids-ahead.ts';
import { hashOf, ID_WORDS, idText, OrderId, TAIL_WORDS_MAX } from './order-id.ts';

/** At 5,000 orders a second over three minutes of retries. */
export const FINISHED_WINDOW = 1_048_576;
/** Per command. One finishes at most itself and its makers, each of which came with a command of its own. */
const FORGOTTEN_AT_ONCE = 4;
/** Words of the rest of an id of 36 characters that is no UUID, and of the longest. */
const SHORT_TAIL_WORDS = 5;

const LENGTH_SHIFT = 8;
const LENGTH_MASK = 127;
const UUID_FLAG = 1 << 15;
const SYMBOL_SHIFT = 21;
const TIME_HIGH_MASK = (1 << SYMBOL_SHIFT) - 1;
const TWO_TO_32 = 2 ** 32;

export interface OrderTableOptions {
  /** Of the hash of ids. */
  hashSeed?: number;
  finishedWindow?: number;
  /** Orders will wait for it: memory is fetched beforehand. */
  isServing?: boolean;
}

export class OrderTable implements IdOwner {
  readonly #orders: Arena;
  readonly #shortTails = new Arena(SHORT_TAIL_WORDS);
  readonly #longTails = new Arena(TAIL_WORDS_MAX);
  readonly #index: IdIndex;
  readonly #ahead: IdsAhead;
  /** The one being looked for, or put in. */
  #wanted: OrderId;
  readonly #seed: number;
  readonly #window: number;
  readonly #scratch = new Int32Array(ID_WORDS + TAIL_WORDS_MAX);
  #oldestFinished = 0;
  #newestFinished = 0;
  #finished = 0;

  constructor(storage: BookStorage, options: OrderTableOptions = {}) {
    const { hashSeed = 0, finishedWindow = FINISHED_WINDOW, isServing = false } = options;
    this.#orders = storage.orders;
    this.#seed = hashSeed;
    this.#ahead = new IdsAhead(hashSeed);
    this.#wanted = new OrderId(hashSeed);
    this.#window = finishedWindow;
    this.#index = new IdIndex(this, finishedWindow, isServing);
  }

  /** Of the finished ones, oldest first: go on with `ORDER.next`. */
  get oldestFinished(): number {
    return this.#oldestFinished;
  }

  /** Orders, resting and finished. */
  get known(): number {
    return this.#orders.live;
  }

  get finishedCount(): number {
    return this.#finished;
  }

  /** A hint: `find` will soon be asked for this record, after those that were expected before. */
  expect(records: RecordBuffer, offset: number): void {
    this.#ahead.add(records, offset);
  }

  /** Fetches what finding all that is expected will need. */
  fetchExpected(): void {
    this.#index.fetch(this.#ahead.hashes, this.#ahead.count);
  }

  expectNothing(): void {
    this.#ahead.clear();
  }

  /** The order with the id of this record; 0: not known. It is also the id that `add` takes. */
  find(records: RecordBuffer, offset: number): number {
    this.#wanted = this.#ahead.read(records, offset);
    return this.#index.find(this.#wanted.hash);
  }

  /** A new order with the id that `find` did not find; its other words are for the caller to fill. */
  add(flags: number): number {
    const wanted = this.#wanted;
    const slot = this.#orders.allocate();
    const { words } = this.#orders;
    const base = slot * ORDER_WORDS;
    for (let word = 0; word < ID_WORDS; word++) words[base + ORDER.id + word] = wanted.words[word] ?? 0;
    words[base + ORDER.flags] = flags | (wanted.length << LENGTH_SHIFT) | (wanted.isUuid ? UUID_FLAG : 0);
    words[base + ORDER.tail] = wanted.tailWords > 0 ? this.#addTail(wanted) : 0;
    this.#index.insert(wanted.hash, slot);
    return slot;
  }

  setTimeAndSymbol(slot: number, timeMs: number, symbol: number): void {
    const { words } = this.#orders;
    const base = slot * ORDER_WORDS;
    words[base + ORDER.timeLow] = timeMs | 0;
    words[base + ORDER.timeHigh] = Math.floor(timeMs / TWO_TO_32) | (symbol << SYMBOL_SHIFT);
  }

  /** It rests no more, or never did: from now on it is one of the finished. */
  finish(slot: number, state: number): void {
    const { words } = this.#orders;
    const base = slot * ORDER_WORDS;
    words[base + ORDER.flags] = ((words[base + ORDER.flags] ?? 0) & ~STATE.mask) | state;
    words[base + ORDER.next] = 0;
    words[base + ORDER.previous] = this.#newestFinished;
    if (this.#newestFinished === 0) this.#oldestFinished = slot;
    else words[this.#newestFinished * ORDER_WORDS + ORDER.next] = slot;
    this.#newestFinished = slot;
    this.#finished++;
  }

  forgetSome(): void {
    for (let count = 0; count < FORGOTTEN_AT_ONCE && this.#finished > this.#window; count++) {
      const slot = this.#oldestFinished;
      this.#oldestFinished = this.#orders.words[slot * ORDER_WORDS + ORDER.next] ?? 0;
      if (this.#oldestFinished === 0) this.#newestFinished = 0;
      this.#finished--;
      this.#index.remove(this.hashOfSlot(slot), slot);
      this.#freeTail(slot);
      this.#orders.free(slot);
    }
  }

  /** Forgets all. The storage is the caller's to clear. */
  clear(): void {
    this.#index.clear();
    this.#shortTails.clear();
    this.#longTails.clear();
    this.#oldestFinished = 0;
    this.#newestFinished = 0;
    this.#finished = 0;
  }

  side(slot: number): Side {
    return (this.flags(slot) & FLAG.sell) === 0 ? 'BUY' : 'SELL';
  }

  flags(slot: number): number {
    return this.#orders.words[slot * ORDER_WORDS + ORDER.flags] ?? 0;
  }

  /** One word of an order, as `book-storage.ts` draws it. */
  word(slot: number, field: number): number {
    return this.#orders.words[slot * ORDER_WORDS + field] ?? 0;
  }

  symbol(slot: number): number {
    return this.word(slot, ORDER.timeHigh) >>> SYMBOL_SHIFT;
  }

  timeMs(slot: number): number {
    const high = this.word(slot, ORDER.timeHigh) & TIME_HIGH_MASK;
    return high * TWO_TO_32 + (this.word(slot, ORDER.timeLow) >>> 0);
  }

  orderId(slot: number): string {
    const flags = this.flags(slot);
    const id = {
      words: this.#orders.words,
      start: slot * ORDER_WORDS + ORDER.id,
      length: (flags >>> LENGTH_SHIFT) & LENGTH_MASK,
      isUuid: (flags & UUID_FLAG) !== 0,
    };
    const count = this.#copyId(slot);
    return idText(id, this.#scratch.subarray(ID_WORDS, Math.max(ID_WORDS, count)));
  }

  holdsWanted(slot: number): boolean {
    const wanted = this.#wanted;
    const { words } = this.#orders;
    const base = slot * ORDER_WORDS + ORDER.id;
    for (let word = 0; word < ID_WORDS; word++) if (words[base + word] !== wanted.words[word]) return false;
    const flags = this.flags(slot);
    if (((flags >>> LENGTH_SHIFT) & LENGTH_MASK) !== wanted.length) return false;
    if (((flags & UUID_FLAG) !== 0) !== wanted.isUuid) return false;
    return wanted.tailWords === 0 || this.#holdsTail(slot, wanted);
  }

  hashOfSlot(slot: number): number {
    return hashOf(this.#scratch, this.#copyId(slot), this.#seed);
  }

  #holdsTail(slot: number, wanted: OrderId): boolean {
    const tail = this.#tails(wanted.tailWords);
    const start = this.word(slot, ORDER.tail) * tail.wordsPerRecord;
    for (let word = 0; word < wanted.tailWords; word++) {
      if (tail.words[start + word] !== wanted.words[ID_WORDS + word]) return false;
    }
    return true;
  }

  #addTail(wanted: OrderId): number {
    const tails = this.#tails(wanted.tailWords);
    const tail = tails.allocate();
    const start = tail * tails.wordsPerRecord;
    for (let word = 0; word < wanted.tailWords; word++) tails.words[start + word] = wanted.words[ID_WORDS + word] ?? 0;
    return tail;
  }

  #freeTail(slot: number): void {
    const tail = this.word(slot, ORDER.tail);
    if (tail !== 0) this.#tails(this.#wordsOf(slot) - ID_WORDS).free(tail);
  }

  #tails(count: number): Arena {
    return count <= SHORT_TAIL_WORDS ? this.#shortTails : this.#longTails;
  }

  /** Words that the id was hashed over. */
  #wordsOf(slot: number): number {
    const flags = this.flags(slot);
    return (flags & UUID_FLAG) !== 0 ? ID_WORDS : (((flags >>> LENGTH_SHIFT) & LENGTH_MASK) + 3) >> 2;
  }

  #copyId(slot: number): number {
    const { words } = this.#orders;
    const base = slot * ORDER_WORDS + ORDER.id;
    for (let word = 0; word < ID_WORDS; word++) this.#scratch[word] = words[base + word] ?? 0;
    const count = this.#wordsOf(slot);
    if (count <= ID_WORDS) return count;
    const tails = this.#tails(count - ID_WORDS);
    const start = this.word(slot, ORDER.tail) * tails.wordsPerRecord;
    for (let word = 0; word < count - ID_WORDS; word++) this.#scratch[ID_WORDS + word] = tails.words[start + word] ?? 0;
    return count;
  }
}
