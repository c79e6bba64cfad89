/**
 * The workload of every case. Prices in cents. Written for both load drivers, so each number stands here once.
 */
export const WORKLOAD = {
  basePriceCents: 15_000,
  tickSizeCents: 1,
  /** A passive order is priced this far below the base, and up to `priceJitterCents` further. */
  priceSpreadCents: 200,
  /** An order's price varies over [0, priceJitterCents). */
  priceJitterCents: 100,
  quantityMin: 10,
  quantityMax: 199,
  /** Share of the arriving orders that are priced to match at once. */
  aggressiveShare: 0.6,
} as const;

/** Asks resting on each symbol before a phase starts, and kept at that shape while it runs. */
export interface SeedShape {
  /** Orders a symbol, spread evenly over the levels. */
  ordersPerSymbol: number;
  /** Levels are `basePriceCents + level × tickSizeCents`, level 1…levels. */
  levels: number;
}
