/**
 * The ids of the commands that come next, read from their records beforehand, so that the places of the index that they
 * hash to can be fetched all at once: one cold place in memory after the other would be waited for.
 *
 * An id read here is used for exactly the record it was read from; for any other record it is read on the spot.
 */
import type { RecordBuffer } from '../record.ts';
import { OrderId } from './order-id.ts';

/** As many loads as a processor keeps under way, and few enough to be still in its nearest cache. */
export const AHEAD_MAX = 32;

export class IdsAhead {
  /** Of those that were read ahead. */
  readonly hashes = new Int32Array(AHEAD_MAX);
  readonly #ids: readonly OrderId[];
  readonly #records: (RecordBuffer | null)[] = new Array(AHEAD_MAX).fill(null);
  readonly #offsets = new Int32Array(AHEAD_MAX);
  readonly #other: OrderId;
  #count = 0;
  #next = 0;

  constructor(seed: number) {
    this.#ids = Array.from({ length: AHEAD_MAX }, () => new OrderId(seed));
    this.#other = new OrderId(seed);
  }

  get count(): number {
    return this.#count;
  }

  /** What was read ahead is forgotten. */
  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /** Reads the id of a record that will be asked for, in this order. At most `AHEAD_MAX` of them. */
  add(records: RecordBuffer, offset: number): void {
    const index = this.#count;
    const id = this.#ids[index];
    if (id === undefined) return;
    id.read(records, offset);
    this.hashes[index] = id.hash;
    this.#records[index] = records;
    this.#offsets[index] = offset;
    this.#count++;
  }

  /** The id of the record at `offset`; it stands until the next one is asked for. */
  read(records: RecordBuffer, offset: number): OrderId {
    const next = this.#next;
    if (next < this.#count && this.#offsets[next] === offset && this.#records[next] === records) {
      this.#next++;
      const id = this.#ids[next];
      if (id !== undefined) return id;
    }
    this.#other.read(records, offset);
    return this.#other;
  }
}
