/**
 * A bounded queue of commands, first in, first out. Full means refused, never growth. One thread puts and takes. A slot is
 * a record's place in memory that was reserved once, who waits for its answer, and when it came; a command is written
 * where `claim` says and then published, so nothing is allocated for one.
 */
import { strict as assert } from 'node:assert';
import { RECORD_BYTES_MAX, RecordBuffer } from '../record.ts';

export class Ring<Client> {
  readonly capacity: number;
  /** Of all slots; memory is touched only where a slot is used. */
  readonly records: RecordBuffer;
  readonly #clients: (Client | null)[];
  /** A seed is larger than a slot: it brings its own buffer. */
  readonly #seeds: (RecordBuffer | null)[];
  readonly #receivedNs: Float64Array;
  readonly #validationNs: Float64Array;
  readonly #mask: number;
  #head = 0;
  #size = 0;

  /** @param capacity a power of two. */
  constructor(capacity: number) {
    assert(capacity > 0 && Number.isInteger(Math.log2(capacity)), `ring capacity ${capacity} is no power of two`);
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.records = RecordBuffer.ofSize(capacity * RECORD_BYTES_MAX);
    this.#clients = new Array<Client | null>(capacity).fill(null);
    this.#seeds = new Array<RecordBuffer | null>(capacity).fill(null);
    this.#receivedNs = new Float64Array(capacity);
    this.#validationNs = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Where in `records` the next command is to be written; the same until it is published. -1: the ring is full. */
  claim(): number {
    if (this.#size === this.capacity) return -1;
    return ((this.#head + this.#size) & this.#mask) * RECORD_BYTES_MAX;
  }

  /**
   * What was written at `claim()`, or the seed, waits from now on.
   * @param client who is to be told; `null`: nobody
   */
  publish(client: Client | null, receivedNs: number, validationNs: number, seed: RecordBuffer | null): void {
    assert(this.#size < this.capacity);
    const slot = (this.#head + this.#size) & this.#mask;
    this.#clients[slot] = client;
    this.#seeds[slot] = seed;
    this.#receivedNs[slot] = receivedNs;
    this.#validationNs[slot] = validationNs;
    this.#size++;
  }

  /** The slot of the `index`th oldest. */
  at(index: number): number {
    return (this.#head + index) & this.#mask;
  }

  /** The command of a slot is in this buffer … */
  recordsOf(slot: number): RecordBuffer {
    return this.#seeds[slot] ?? this.records;
  }

  /** … at this offset. */
  offsetOf(slot: number): number {
    return this.#seeds[slot] === null ? slot * RECORD_BYTES_MAX : 0;
  }

  client(slot: number): Client | null {
    return this.#clients[slot] ?? null;
  }

  /** Monotonic: when its body had been read. */
  receivedNs(slot: number): number {
    return this.#receivedNs[slot] ?? 0;
  }

  validationNs(slot: number): number {
    return this.#validationNs[slot] ?? 0;
  }

  /** Its client has been told. */
  forgetClient(slot: number): void {
    this.#clients[slot] = null;
  }

  /** The oldest `count` leave. */
  release(count: number): void {
    this.#forget(0, count);
    this.#head = (this.#head + count) & this.#mask;
    this.#size -= count;
  }

  /** All from the `index`th oldest on leave. */
  dropFrom(index: number): void {
    this.#forget(index, this.#size);
    this.#size = index;
  }

  /** What a slot no longer refers to, memory need not hold. */
  #forget(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      this.#clients[this.at(index)] = null;
      this.#seeds[this.at(index)] = null;
    }
  }
}
