/**
 * One side of a book: its price levels in an array, worst first and best last, found by binary search. Taking the best
 * level off is O(1), finding one O(log levels), a new one moves those better than it.
 */
import { strict as assert } from 'node:assert';
import type { Side } from '../../protocol/orders.ts';
import type { BookLevel } from '../../protocol/replies.ts';
import { PriceLevel, type RestingOrder } from './price-level.ts';

export class BookSide {
  readonly side: Side;
  orders = 0;
  /** Worst first. */
  readonly #levels: PriceLevel[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  get levelCount(): number {
    return this.#levels.length;
  }

  get best(): PriceLevel | undefined {
    return this.#levels.at(-1);
  }

  /** Would an order of the other side with this limit (`null`: none) trade with a level at this price? */
  accepts(levelPriceCents: number, limitPriceCents: number | null): boolean {
    return limitPriceCents === null || this.#rank(levelPriceCents) >= this.#rank(limitPriceCents);
  }

  add(resting: RestingOrder): void {
    const { priceCents } = resting.order;
    const at = this.#indexOf(priceCents);
    let level = this.#levels[at];
    if (level?.priceCents !== priceCents) {
      level = new PriceLevel(priceCents);
      this.#levels.splice(at, 0, level);
    }
    level.append(resting);
    this.orders++;
  }

  remove(resting: RestingOrder): void {
    const at = this.#indexOf(resting.order.priceCents);
    const level = this.#levels[at];
    assert(level?.priceCents === resting.order.priceCents, 'a resting order has a level');
    level.remove(resting);
    if (level.orders === 0) this.#levels.splice(at, 1);
    this.orders--;
  }

  /** Quantity that an order of the other side could take up to its limit, counted no further than `enough`. */
  fillable(limitPriceCents: number | null, enough: number): number {
    let quantity = 0;
    for (let at = this.#levels.length - 1; at >= 0 && quantity < enough; at--) {
      const level = this.#levels[at];
      if (level === undefined || !this.accepts(level.priceCents, limitPriceCents)) break;
      quantity += level.quantity;
    }
    return Math.min(quantity, enough);
  }

  /** Best level first. */
  view(levelsMax: number): BookLevel[] {
    const best = this.#levels.slice(-levelsMax).reverse();
    return best.map(({ priceCents, quantity, orders }) => ({ price: priceCents, quantity, orders }));
  }

  /** Higher is better. */
  #rank(priceCents: number): number {
    return this.side === 'BUY' ? priceCents : -priceCents;
  }

  /** Where the level of this price is, or belongs. */
  #indexOf(priceCents: number): number {
    const rank = this.#rank(priceCents);
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.#levels[middle];
      if (level !== undefined && this.#rank(level.priceCents) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
