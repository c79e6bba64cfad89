/** The asks that take the place of consumed ones. Pure: the same seed gives the same asks for a symbol. */
import { seededRandom } from '../stats/seeded-random.ts';
import { checkedOrderId, drawQuantity, type WireOrder } from './order-flow.ts';

export interface ReplenishOptions {
  symbol: string;
  idPrefix: string;
  seed: number;
}

/** A function that gives ask after ask, each at a price in cents. */
export function replenishOrders({ symbol, idPrefix, seed }: ReplenishOptions): (priceCents: number) => WireOrder {
  const random = seededRandom(seed, `replenish/${symbol}`);
  let n = 0;
  return (price) => {
    const orderId = checkedOrderId(`${idPrefix}-r-${symbol}-${n++}`);
    return { orderId, symbol, side: 'SELL', type: 'LIMIT', price, quantity: drawQuantity(random) };
  };
}
