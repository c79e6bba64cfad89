/**
 * Price-time priority: the best price first, at one price the oldest order, at the maker's price. A maker that is filled
 * in part keeps its place. An order does not trade with one of its own account: what is left of the incoming one is
 * cancelled when it would (the fills before stand).
 */
import type { BookSide } from '../book/book-side.ts';
import { type BookStorage, LEVEL, LEVEL_WORDS, ORDER, ORDER_WORDS, STATE } from '../book/book-storage.ts';
import type { OrderTable } from '../book/order-table.ts';
import type { Effects } from './effects.ts';

export class Matcher {
  readonly #storage: BookStorage;
  readonly #orders: OrderTable;
  readonly #effects: Effects;
  /** The last match ended at an order of the taker's own account. */
  metOwn = false;

  constructor(storage: BookStorage, orders: OrderTable, effects: Effects) {
    this.#storage = storage;
    this.#orders = orders;
    this.#effects = effects;
  }

  /** Trades up to `quantity` against the side, not beyond `limit`. Each fill is a row. Returns what is left. */
  match(side: BookSide, limit: number, quantity: number, account: number): number {
    const { orders, levels } = this.#storage;
    let left = quantity;
    this.metOwn = false;
    for (let level = side.best; left > 0 && level !== 0; level = side.best) {
      const price = levels.words[level * LEVEL_WORDS + LEVEL.price] ?? 0;
      if (side.isSell ? price > limit : price < limit) break;
      const maker = levels.words[level * LEVEL_WORDS + LEVEL.oldest] ?? 0;
      const base = maker * ORDER_WORDS;
      if (account !== 0 && orders.words[base + ORDER.account] === account) {
        this.metOwn = true;
        break;
      }
      const filled = orders.words[base + ORDER.filled] ?? 0;
      const remaining = (orders.words[base + ORDER.quantity] ?? 0) - filled;
      const traded = left < remaining ? left : remaining;
      orders.words[base + ORDER.filled] = filled + traded;
      left -= traded;
      this.#effects.addFill(maker, price, traded);
      if (traded === remaining) {
        side.remove(maker, traded);
        this.#orders.finish(maker, STATE.filled);
      } else side.reduce(maker, traded);
    }
    return left;
  }

  /** How much of `wanted` could trade at once; it changes nothing. */
  fillable(side: BookSide, limit: number, wanted: number, account: number): number {
    const { orders, levels } = this.#storage;
    let found = 0;
    for (let level = side.best; level !== 0 && found < wanted; level = side.next(level)) {
      const at = level * LEVEL_WORDS;
      const price = levels.words[at + LEVEL.price] ?? 0;
      if (side.isSell ? price > limit : price < limit) break;
      if (account === 0) {
        found += levels.doubles[at >> 1] ?? 0;
        continue;
      }
      for (let maker = levels.words[at + LEVEL.oldest] ?? 0; maker !== 0 && found < wanted; ) {
        const base = maker * ORDER_WORDS;
        if (orders.words[base + ORDER.account] === account) return found;
        found += (orders.words[base + ORDER.quantity] ?? 0) - (orders.words[base + ORDER.filled] ?? 0);
        maker = orders.words[base + ORDER.next] ?? 0;
      }
    }
    return Math.min(found, wanted);
  }
}
