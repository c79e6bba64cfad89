/** How the asks of a symbol get back to their seeded shape, and how often that is looked at. Pure. */
import type { Phase } from '../experiment/cases.ts';
import { type SeedShape, WORKLOAD } from '../experiment/workload.ts';
import type { BookView } from '../protocol/replies.ts';
import { flowSymbols, symbolShare } from './order-flow.ts';
import { levelPriceCents, ordersAtLevel, shapeOf } from './seed-orders.ts';

/** Levels read from the top; the ones below count as full. Between two reads less than the first is consumed. */
export const LEVELS_READ = 20;
/** Between two reads at most this share of the best level's orders is consumed, on average. */
const CONSUMED_SHARE_MAX = 1 / 8;
/** A round's orders, at most: a book that ran empty comes back over several reads, and none of them stalls the pace. */
const ORDERS_A_ROUND_MAX = 500;
const PERIOD_MS = { min: 100, max: 1_000 } as const;

export interface TopUp {
  /** What is missing, a price at a time, best first. */
  missing: { priceCents: number; orders: number }[];
  /** Levels that are short but stand at or below the best bid: an ask there would cross. */
  blockedLevels: number;
}

export function replenishedSymbols(phase: Phase): string[] {
  return [...new Set(phase.flows.flatMap(flowSymbols))];
}

/** From the highest rate that the symbol will see; each aggressive order consumes about one resting order. */
export function replenishPeriodMs(phase: Phase, symbol: string): number {
  const aggressivePerSecond = phase.flows.reduce((sum, flow) => {
    const ratesPerSecond = flow.stages.flatMap(({ fromPerSecond, toPerSecond }) => [fromPerSecond, toPerSecond]);
    return sum + Math.max(0, ...ratesPerSecond) * symbolShare(flow, symbol) * WORKLOAD.aggressiveShare;
  }, 0);
  const ordersBetweenReads = ordersAtLevel(shapeOf(phase, symbol), 1) * CONSUMED_SHARE_MAX;
  const periodMs = (1_000 * ordersBetweenReads) / aggressivePerSecond;
  return Math.min(PERIOD_MS.max, Math.max(PERIOD_MS.min, periodMs));
}

export function topUp(book: Pick<BookView, 'bids' | 'asks'>, shape: SeedShape): TopUp {
  const ordersAt = new Map(book.asks.map(({ price, orders }) => [price, orders]));
  const deepestReadCents = book.asks.at(-1)?.price ?? 0;
  const readAll = book.asks.length < LEVELS_READ;
  const bestBidCents = book.bids[0]?.price ?? 0;
  const result: TopUp = { missing: [], blockedLevels: 0 };
  let ordersLeft = ORDERS_A_ROUND_MAX;
  for (let level = 1; level <= shape.levels && ordersLeft > 0; level++) {
    const priceCents = levelPriceCents(level);
    if (!readAll && priceCents > deepestReadCents) break;
    const short = ordersAtLevel(shape, level) - (ordersAt.get(priceCents) ?? 0);
    if (short <= 0) continue;
    if (priceCents <= bestBidCents) {
      result.blockedLevels += 1;
      continue;
    }
    const orders = Math.min(short, ordersLeft);
    ordersLeft -= orders;
    result.missing.push({ priceCents, orders });
  }
  return result;
}
