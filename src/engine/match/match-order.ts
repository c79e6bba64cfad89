/**
 * Price-time priority: the best price first, at one price the oldest order, at the maker's price. A maker that is
 * filled in part keeps its place.
 */
import type { NewOrder } from '../../protocol/orders.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { RestingOrder } from '../book/price-level.ts';

export interface Fill {
  maker: RestingOrder;
  priceCents: number;
  quantity: number;
}

/** Why the order cannot even begin (FOK, post-only), or `null`. Nothing has changed. */
export function refusalOf(book: OrderBook, order: NewOrder): string | null {
  const opposite = book.opposite(order.side);
  if (order.timeInForce === 'FOK') {
    const fillable = opposite.fillable(limitOf(order), order.quantity);
    if (fillable < order.quantity) return `FOK order cannot be filled: ${fillable} of ${order.quantity} available`;
  }
  if (order.postOnly && opposite.fillable(limitOf(order), 1) > 0) {
    return `Post-only order would match at ${opposite.best?.priceCents}`;
  }
  return null;
}

/** Trades the order against the book and returns what is left of it. `onFill` is called once a maker, in order. */
export function matchOrder(book: OrderBook, order: NewOrder, onFill: (fill: Fill) => void): number {
  const opposite = book.opposite(order.side);
  const limit = limitOf(order);
  let remaining = order.quantity;
  for (let level = opposite.best; remaining > 0 && level !== undefined; level = opposite.best) {
    const maker = level.oldest;
    if (maker === null || !opposite.accepts(level.priceCents, limit)) break;
    const quantity = Math.min(remaining, maker.remaining);
    level.reduce(maker, quantity);
    if (maker.remaining === 0) opposite.remove(maker);
    remaining -= quantity;
    onFill({ maker, priceCents: level.priceCents, quantity });
  }
  return remaining;
}

function limitOf(order: NewOrder): number | null {
  return order.type === 'MARKET' ? null : order.priceCents;
}
