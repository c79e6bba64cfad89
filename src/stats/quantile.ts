/**
 * Quantiles of a histogram, as bounds: a histogram knows the bucket of an observation, never its value.
 * Nearest rank: the q-quantile of n observations is the ⌈q·n⌉-th smallest, so it is an observation that happened.
 */
import type { SparseHistogram } from './sparse-histogram.ts';

export interface QuantileBounds {
  /** The bucket of the observation. Equal bounds: the value is known exactly. */
  lower: number;
  /** Inclusive, as Prometheus counts (`le`). Infinity in the bucket above all bounds. */
  upper: number;
  /** Interpolated by rank within the bucket; the lower bound where there is no upper one. For display, not to judge. */
  estimate: number;
}

/** Undefined when there is nothing to take a quantile of: no observations, or counts that cannot be. */
export function quantileOf(histogram: SparseHistogram, q: number): QuantileBounds | undefined {
  const total = observationsOf(histogram);
  if (total === undefined || total === 0) return undefined;
  const rank = rankOf(q, total);
  let below = 0;
  for (const [lower, upper, count] of histogram.buckets) {
    if (below + count >= rank) {
      const estimate = upper === null ? lower : lower + ((upper - lower) * (rank - below)) / count;
      return { lower, upper: upper ?? Number.POSITIVE_INFINITY, estimate };
    }
    below += count;
  }
  return undefined;
}

/** Rank of a quantile among n observations, 1…n. The small term takes back what floating point adds to q·n. */
export function rankOf(q: number, n: number): number {
  return Math.min(n, Math.max(1, Math.ceil(q * n - 1e-9 * n)));
}

/** How many observations the buckets hold; undefined when a count is negative (a counter that was reset). */
export function observationsOf({ buckets }: SparseHistogram): number | undefined {
  let total = 0;
  for (const [, , count] of buckets) {
    if (!(count >= 0)) return undefined;
    total += count;
  }
  return total;
}

/** The bounds of the highest bucket that holds anything. */
export function highestBucketOf({ buckets }: SparseHistogram): { lower: number; upper: number } | undefined {
  const highest = buckets.findLast(([, , count]) => count > 0);
  return highest === undefined ? undefined : { lower: highest[0], upper: highest[1] ?? Number.POSITIVE_INFINITY };
}

/** The histogram with observations added whose value is not known, only that they are slower than all others. */
export function withSlowest(histogram: SparseHistogram, unmeasured: number): SparseHistogram {
  if (unmeasured <= 0) return histogram;
  const { upper, lower } = highestBucketOf(histogram) ?? { lower: 0, upper: 0 };
  const above = Number.isFinite(upper) ? upper : lower;
  const buckets = [...histogram.buckets, [above, null, unmeasured] as const];
  return { buckets, count: histogram.count + unmeasured, sum: histogram.sum };
}
