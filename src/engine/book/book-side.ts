/**
 * One side of a book: price levels, best first by price, and at each the orders in the order of their arrival. Orders are
 * slots; what they are is in the storage. The levels are linked from price to price, so the next best one is a load away
 * when the best is empty; the ladder is asked only for a level by its price.
 */
import { type BookStorage, LEVEL, LEVEL_WORDS, ORDER, ORDER_WORDS } from './book-storage.ts';
import { PriceLadder } from './price-ladder.ts';

export class BookSide {
  readonly isSell: boolean;
  /** Resting orders, and levels. */
  orders = 0;
  levels = 0;
  /** Slots of levels; 0: none. */
  #lowest = 0;
  #highest = 0;
  readonly #storage: BookStorage;
  readonly #ladder: PriceLadder;

  constructor(storage: BookStorage, isSell: boolean) {
    this.isSell = isSell;
    this.#storage = storage;
    this.#ladder = new PriceLadder(storage.nodes);
  }

  /** The level with the lowest price: go on with `LEVEL.higher`. */
  get lowest(): number {
    return this.#lowest;
  }

  /** The level that trades first; 0: the side is empty. */
  get best(): number {
    return this.isSell ? this.#lowest : this.#highest;
  }

  /** The level that trades after this one. */
  next(level: number): number {
    const field = this.isSell ? LEVEL.higher : LEVEL.lower;
    return this.#storage.levels.words[level * LEVEL_WORDS + field] ?? 0;
  }

  /** Price of the best level; beyond every price where there is none. */
  get bestPrice(): number {
    const { best } = this;
    if (best === 0) return this.isSell ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return this.#storage.levels.words[best * LEVEL_WORDS + LEVEL.price] ?? 0;
  }

  /** The order comes to rest as the newest at this price. Its quantity and what is filled of it are set. */
  add(order: number, price: number): void {
    const { orders, levels } = this.#storage;
    let level = this.#ladder.at(price);
    if (level === 0) level = this.#addLevel(price);
    const { words } = levels;
    const at = level * LEVEL_WORDS;
    const base = order * ORDER_WORDS;
    const newest = words[at + LEVEL.newest] ?? 0;
    orders.words[base + ORDER.next] = 0;
    orders.words[base + ORDER.previous] = newest;
    orders.words[base + ORDER.level] = level;
    if (newest === 0) words[at + LEVEL.oldest] = order;
    else orders.words[newest * ORDER_WORDS + ORDER.next] = order;
    words[at + LEVEL.newest] = order;
    words[at + LEVEL.count] = (words[at + LEVEL.count] ?? 0) + 1;
    const remaining = (orders.words[base + ORDER.quantity] ?? 0) - (orders.words[base + ORDER.filled] ?? 0);
    levels.doubles[at >> 1] = (levels.doubles[at >> 1] ?? 0) + remaining;
    this.orders++;
  }

  /** The order rests no more; `remaining` of it was still there. The level goes with its last order. */
  remove(order: number, remaining: number): void {
    const { orders, levels } = this.#storage;
    const base = order * ORDER_WORDS;
    const next = orders.words[base + ORDER.next] ?? 0;
    const previous = orders.words[base + ORDER.previous] ?? 0;
    const level = orders.words[base + ORDER.level] ?? 0;
    const at = level * LEVEL_WORDS;
    const { words } = levels;
    if (previous === 0) words[at + LEVEL.oldest] = next;
    else orders.words[previous * ORDER_WORDS + ORDER.next] = next;
    if (next === 0) words[at + LEVEL.newest] = previous;
    else orders.words[next * ORDER_WORDS + ORDER.previous] = previous;
    this.orders--;
    const count = (words[at + LEVEL.count] ?? 0) - 1;
    words[at + LEVEL.count] = count;
    levels.doubles[at >> 1] = (levels.doubles[at >> 1] ?? 0) - remaining;
    orders.words[base + ORDER.level] = words[at + LEVEL.price] ?? 0;
    if (count === 0) this.#removeLevel(level);
  }

  /** The order keeps its place with so much less of it. */
  reduce(order: number, by: number): void {
    const { orders, levels } = this.#storage;
    const at = (orders.words[order * ORDER_WORDS + ORDER.level] ?? 0) * LEVEL_WORDS;
    levels.doubles[at >> 1] = (levels.doubles[at >> 1] ?? 0) - by;
  }

  clear(): void {
    this.#ladder.clear();
    this.#lowest = 0;
    this.#highest = 0;
    this.orders = 0;
    this.levels = 0;
  }

  #addLevel(price: number): number {
    const { levels } = this.#storage;
    const level = levels.allocate();
    const { words } = levels;
    const lower = this.#ladder.below(price);
    const higher = lower === 0 ? this.#lowest : (words[lower * LEVEL_WORDS + LEVEL.higher] ?? 0);
    const at = level * LEVEL_WORDS;
    levels.doubles[at >> 1] = 0;
    words[at + LEVEL.price] = price;
    words[at + LEVEL.oldest] = 0;
    words[at + LEVEL.newest] = 0;
    words[at + LEVEL.count] = 0;
    words[at + LEVEL.lower] = lower;
    words[at + LEVEL.higher] = higher;
    if (lower === 0) this.#lowest = level;
    else words[lower * LEVEL_WORDS + LEVEL.higher] = level;
    if (higher === 0) this.#highest = level;
    else words[higher * LEVEL_WORDS + LEVEL.lower] = level;
    this.#ladder.insert(price, level);
    this.levels++;
    return level;
  }

  #removeLevel(level: number): void {
    const { words } = this.#storage.levels;
    const at = level * LEVEL_WORDS;
    const lower = words[at + LEVEL.lower] ?? 0;
    const higher = words[at + LEVEL.higher] ?? 0;
    if (lower === 0) this.#lowest = higher;
    else words[lower * LEVEL_WORDS + LEVEL.higher] = higher;
    if (higher === 0) this.#highest = lower;
    else words[higher * LEVEL_WORDS + LEVEL.lower] = lower;
    this.#ladder.remove(words[at + LEVEL.price] ?? 0);
    this.#storage.levels.free(level);
    this.levels--;
  }
}
