/** A book that is slow and plainly right: one array of orders, sorted anew for each command. */
import type { NewOrder } from '../../../src/protocol/orders.ts';

interface Open {
  order: NewOrder;
  remaining: number;
  arrival: number;
}

export class NaiveBook {
  open: Open[] = [];
  #arrivals = 0;

  /** Fills as `maker quantity@price`, or `null` when the order is refused. */
  place(order: NewOrder): string[] | null {
    const sign = order.side === 'BUY' ? 1 : -1;
    const makers = this.open
      .filter(({ order: maker }) => maker.side !== order.side)
      .filter(({ order: maker }) => order.type === 'MARKET' || sign * (order.priceCents - maker.priceCents) >= 0)
      .sort((left, right) => sign * (left.order.priceCents - right.order.priceCents) || left.arrival - right.arrival);
    const available = makers.reduce((sum, maker) => sum + maker.remaining, 0);
    if (order.timeInForce === 'FOK' && available < order.quantity) return null;
    if (order.postOnly && makers.length > 0) return null;
    let remaining = order.quantity;
    const fills: string[] = [];
    for (const maker of makers) {
      const quantity = Math.min(remaining, maker.remaining);
      if (quantity === 0) break;
      maker.remaining -= quantity;
      remaining -= quantity;
      fills.push(`${maker.order.orderId} ${quantity}@${maker.order.priceCents}`);
    }
    this.open = this.open.filter((maker) => maker.remaining > 0);
    if (remaining > 0 && order.type === 'LIMIT' && order.timeInForce === 'GTC') {
      this.open.push({ order, remaining, arrival: this.#arrivals++ });
    }
    return fills;
  }

  /** The cancelled quantity, or `null`. */
  cancel(orderId: string): number | null {
    const found = this.open.find(({ order }) => order.orderId === orderId);
    this.open = this.open.filter((resting) => resting !== found);
    return found?.remaining ?? null;
  }

  text(): { bids: string[]; asks: string[] } {
    const side = (name: 'BUY' | 'SELL', sign: number) => {
      const levels = Map.groupBy(
        this.open.filter(({ order }) => order.side === name),
        ({ order }) => order.priceCents,
      );
      return [...levels]
        .sort(([left], [right]) => sign * (left - right))
        .map(
          ([price, orders]) =>
            `${price} x ${orders.reduce((sum, { remaining }) => sum + remaining, 0)} (${orders.length})`,
        );
    };
    return { bids: side('BUY', -1), asks: side('SELL', 1) };
  }
}
