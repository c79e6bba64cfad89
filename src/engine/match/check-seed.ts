/** May a seed go in? All or nothing, decided before anything changes. */
import type { NewOrder } from '../../protocol/orders.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { Refused } from '../commands.ts';
import { sameContent } from './seen-orders.ts';

export type SeedCheck = { refusal: Refused; fresh: [] } | { refusal: null; fresh: NewOrder[] };

/** `fresh` are the orders that are not there yet. Refused: an id with other content, or a book that would cross. */
export function checkSeed(
  orders: readonly NewOrder[],
  known: (orderId: string) => NewOrder | undefined,
  bookOf: (symbol: string) => OrderBook,
): SeedCheck {
  const fresh = new Map<string, NewOrder>();
  for (const order of orders) {
    const first = fresh.get(order.orderId) ?? known(order.orderId);
    if (first === undefined) fresh.set(order.orderId, order);
    else if (!sameContent(first, order)) {
      return refuse(409, order.orderId, `Order id already used with other content: ${order.orderId}`);
    }
  }
  const crossed = crossedBook([...fresh.values()], bookOf);
  return crossed === null ? { refusal: null, fresh: [...fresh.values()] } : refuse(400, null, crossed);
}

function crossedBook(orders: readonly NewOrder[], bookOf: (symbol: string) => OrderBook): string | null {
  const best = new Map<string, { bid: number; ask: number }>();
  for (const { symbol, side, priceCents } of orders) {
    const sides = best.get(symbol) ?? bestOf(bookOf(symbol));
    if (side === 'BUY') sides.bid = Math.max(sides.bid, priceCents);
    else sides.ask = Math.min(sides.ask, priceCents);
    best.set(symbol, sides);
  }
  for (const [symbol, { bid, ask }] of best) {
    if (bid >= ask) return `Seed would cross the book of ${symbol}: bid ${bid}, ask ${ask}`;
  }
  return null;
}

function bestOf(book: OrderBook): { bid: number; ask: number } {
  return {
    bid: book.bids.best?.priceCents ?? Number.NEGATIVE_INFINITY,
    ask: book.asks.best?.priceCents ?? Number.POSITIVE_INFINITY,
  };
}

function refuse(httpStatus: 400 | 409, orderId: string | null, reason: string): SeedCheck {
  return { refusal: { kind: 'refused', httpStatus, orderId, reason }, fresh: [] };
}
