/** The orders that rest at one price, in the order they came: a doubly linked list, so that any can leave in O(1). */
import type { NewOrder } from '../../protocol/orders.ts';

export interface RestingOrder {
  order: NewOrder;
  remaining: number;
  /** Epoch milliseconds of the batch that took the order: what a repeat is answered with. */
  timestampMs: number;
  older: RestingOrder | null;
  newer: RestingOrder | null;
}

export class PriceLevel {
  readonly priceCents: number;
  /** The order that is filled first. */
  oldest: RestingOrder | null = null;
  quantity = 0;
  orders = 0;
  #newest: RestingOrder | null = null;

  constructor(priceCents: number) {
    this.priceCents = priceCents;
  }

  append(resting: RestingOrder): void {
    resting.older = this.#newest;
    resting.newer = null;
    if (this.#newest === null) this.oldest = resting;
    else this.#newest.newer = resting;
    this.#newest = resting;
    this.quantity += resting.remaining;
    this.orders++;
  }

  /** Takes some of an order's quantity; it keeps its place. */
  reduce(resting: RestingOrder, quantity: number): void {
    resting.remaining -= quantity;
    this.quantity -= quantity;
  }

  remove(resting: RestingOrder): void {
    if (resting.older === null) this.oldest = resting.newer;
    else resting.older.newer = resting.newer;
    if (resting.newer === null) this.#newest = resting.older;
    else resting.newer.older = resting.older;
    resting.older = null;
    resting.newer = null;
    this.quantity -= resting.remaining;
    this.orders--;
  }
}
