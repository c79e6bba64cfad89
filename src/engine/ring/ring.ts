/**
 * A bounded queue, first in, first out. Full means refused, never growth. One thread puts and takes.
 */
import { strict as assert } from 'node:assert';

export class Ring<Item> {
  readonly capacity: number;
  readonly #slots: (Item | undefined)[];
  readonly #mask: number;
  #head = 0;
  #size = 0;

  /** @param capacity a power of two. */
  constructor(capacity: number) {
    assert(capacity > 0 && Number.isInteger(Math.log2(capacity)), `ring capacity ${capacity} is no power of two`);
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#slots = new Array<Item | undefined>(capacity).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** False when the ring is full. */
  put(item: Item): boolean {
    if (this.#size === this.capacity) return false;
    this.#slots[(this.#head + this.#size) & this.#mask] = item;
    this.#size++;
    return true;
  }

  /** The oldest item, which leaves; `undefined` when the ring is empty. */
  take(): Item | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    return item;
  }
}
