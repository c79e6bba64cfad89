/**
 * From the hash of an id to its order: open addressing, linear probing, 4 bytes an entry (6 bits of the hash, 26 of the
 * slot), so that nearly every entry of another id is passed over without a look at its order. Whether it is the id in
 * question is asked of its owner: equal hashes are compared, never trusted. Grows to twice the size in small steps: the
 * old table stays, and each insertion moves a few of its entries, so that no one order waits for a million others.
 */
import { strict as assert } from 'node:assert';

/** What knows the ids. */
export interface IdOwner {
  /** Is the order in this slot the one that is being looked for? */
  holdsWanted(slot: number): boolean;
  hashOfSlot(slot: number): number;
}

export const SLOT_MAX = 2 ** 26 - 2;
const SLOT_BITS = 26;
const SLOT_MASK = 2 ** SLOT_BITS - 1;
const CAPACITY_MIN = 1024;
/** Per insertion. The new table takes half its own size until it is full: 8 are done long before. */
const MOVED_AT_ONCE = 8;
const EMPTY = 0;
/** In the old table only, which is not shifted together any more. */
const MOVED = -1;

export class IdIndex {
  readonly #owner: IdOwner;
  readonly #capacityFirst: number;
  #table: Int32Array<ArrayBuffer>;
  #old: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Entries of the old table before this one have been moved. */
  #moved = 0;
  #count = 0;

  /**
   * @param expected ids that it will hold sooner or later: for so many it need not grow
   * @param isServing the system is made to give all its pages before the first order comes
   */
  constructor(owner: IdOwner, expected: number, isServing: boolean) {
    this.#owner = owner;
    this.#capacityFirst = Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(expected * (4 / 3) + 1)));
    this.#table = new Int32Array(this.#capacityFirst);
    if (isServing) this.#table.fill(EMPTY);
  }

  /** The slot of the wanted id, whose hash this is; 0: it is not there. */
  find(hash: number): number {
    const found = this.#probe(this.#table, hash);
    if (found !== 0 || this.#old.length === 0) return found;
    return this.#probe(this.#old, hash);
  }

  /**
   * Asks memory for the places of these hashes, for all of them before it waits for the first one.
   * @returns nothing that counts; without it the loads would be left out
   */
  fetch(hashes: Int32Array, count: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    let seen = 0;
    for (let index = 0; index < count; index++) seen ^= table[(hashes[index] ?? 0) & mask] ?? 0;
    return seen;
  }

  /** Of an id that is not there. */
  insert(hash: number, slot: number): void {
    assert(slot > 0 && slot <= SLOT_MAX);
    if (this.#old.length > 0) this.#moveSome();
    else if ((this.#count + 1) * 4 > this.#table.length * 3) this.#grow();
    put(this.#table, hash, entryOf(hash, slot));
    this.#count++;
  }

  /** Of an id that is there. */
  remove(hash: number, slot: number): void {
    const entry = entryOf(hash, slot);
    const at = positionOf(this.#table, hash, entry);
    this.#count--;
    if (at >= 0) {
      this.#closeGap(at);
      return;
    }
    const oldAt = positionOf(this.#old, hash, entry);
    assert(oldAt >= 0, 'an id that is removed is there');
    this.#old[oldAt] = MOVED;
  }

  clear(): void {
    this.#table = new Int32Array(this.#capacityFirst);
    this.#old = new Int32Array(0);
    this.#moved = 0;
    this.#count = 0;
  }

  #probe(table: Int32Array, hash: number): number {
    const mask = table.length - 1;
    const tag = hash >>> SLOT_BITS;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = table[at] ?? EMPTY;
      if (entry === EMPTY) return 0;
      if (entry >>> SLOT_BITS !== tag || entry === MOVED) continue;
      const slot = entry & SLOT_MASK;
      if (this.#owner.holdsWanted(slot)) return slot;
    }
  }

  #grow(): void {
    this.#old = this.#table;
    this.#table = new Int32Array(this.#old.length * 2);
    this.#moved = 0;
  }

  #moveSome(): void {
    const old = this.#old;
    const end = Math.min(this.#moved + MOVED_AT_ONCE, old.length);
    for (; this.#moved < end; this.#moved++) {
      const entry = old[this.#moved] ?? EMPTY;
      if (entry === EMPTY || entry === MOVED) continue;
      put(this.#table, this.#owner.hashOfSlot(entry & SLOT_MASK), entry);
      old[this.#moved] = MOVED;
    }
    if (end === old.length) this.#old = new Int32Array(0);
  }

  /** Shifts back what was put behind its place because this one was taken. */
  #closeGap(from: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = from;
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const entry = table[at] ?? EMPTY;
      if (entry === EMPTY) break;
      const home = this.#owner.hashOfSlot(entry & SLOT_MASK) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      table[gap] = entry;
      gap = at;
    }
    table[gap] = EMPTY;
  }
}

function entryOf(hash: number, slot: number): number {
  return ((hash >>> SLOT_BITS) << SLOT_BITS) | slot;
}

function put(table: Int32Array, hash: number, entry: number): void {
  const mask = table.length - 1;
  let at = hash & mask;
  while (table[at] !== EMPTY) at = (at + 1) & mask;
  table[at] = entry;
}

function positionOf(table: Int32Array, hash: number, entry: number): number {
  if (table.length === 0) return -1;
  const mask = table.length - 1;
  for (let at = hash & mask; table[at] !== EMPTY; at = (at + 1) & mask) {
    if (table[at] === entry) return at;
  }
  return -1;
}
