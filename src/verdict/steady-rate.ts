/** The rate of matches over the steady part of a phase, with its confidence interval. */
import { SETTLE_MS, SETTLE_SHARE } from '../experiment/criteria.ts';
import type { PhaseEvidence } from '../experiment/evidence.ts';
import { BATCHES, type Interval, meanInterval } from '../stats/confidence-interval.ts';
import { ratesPerMinute } from '../stats/counter-series.ts';

const BATCH_MS_MIN = 1_000;

/** The start of a phase that counts for nothing that speaks of its steady part. */
export function settleMs(plannedMs: number): number {
  return Math.min(SETTLE_MS, plannedMs * SETTLE_SHARE);
}

/** Matches a minute of each batch of the steady part, all shards together. Empty without any scrape. */
export function steadyBatches({ plannedMs, shards }: PhaseEvidence): number[] {
  const fromMs = settleMs(plannedMs);
  const batches = Math.min(BATCHES, Math.floor((plannedMs - fromMs) / BATCH_MS_MIN));
  const counters = shards.map(({ matches }) => matches);
  if (batches < 2 || counters.length === 0 || counters.some((series) => series.length === 0)) return [];
  return ratesPerMinute(counters, { fromMs, toMs: plannedMs, batches });
}

/** Batches of repetitions are pooled. Undefined when there is too little for an interval. */
export function steadyMatchesPerMinute(phases: readonly PhaseEvidence[]): Interval | undefined {
  const batches = phases.map(steadyBatches);
  if (batches.some((rates) => rates.length === 0)) return undefined;
  return meanInterval(batches.flat());
}
