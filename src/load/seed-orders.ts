/** The asks that rest on each symbol before a phase starts, spread evenly over the levels of a shape. Pure. */
import type { Phase } from '../experiment/cases.ts';
import { type SeedShape, WORKLOAD } from '../experiment/workload.ts';
import { seededRandom } from '../stats/seeded-random.ts';
import { checkedOrderId, drawQuantity, type WireOrder } from './order-flow.ts';

export interface SeedOrdersOptions {
  symbol: string;
  shape: SeedShape;
  idPrefix: string;
  seed: number;
}

/** One symbol's asks, round after round from the best level up. */
export function seedOrders({ symbol, shape, idPrefix, seed }: SeedOrdersOptions): WireOrder[] {
  const random = seededRandom(seed, `seed/${symbol}`);
  return Array.from({ length: shape.ordersPerSymbol }, (_, n) => ({
    orderId: checkedOrderId(`${idPrefix}-s-${symbol}-${n}`),
    symbol,
    side: 'SELL',
    type: 'LIMIT',
    price: levelPriceCents(1 + (n % shape.levels)),
    quantity: drawQuantity(random),
  }));
}

/** Where the orders do not divide evenly, the best levels have one more. */
export function ordersAtLevel({ ordersPerSymbol, levels }: SeedShape, level: number): number {
  return Math.floor(ordersPerSymbol / levels) + (level <= ordersPerSymbol % levels ? 1 : 0);
}

/** Level 1 is the best. */
export function levelPriceCents(level: number): number {
  return WORKLOAD.basePriceCents + level * WORKLOAD.tickSizeCents;
}

export function shapeOf(phase: Phase, symbol: string): SeedShape {
  return phase.seedOf?.[symbol] ?? phase.seed;
}
