/**
 * How far apart two p99s are, with a confidence interval, by the bootstrap over raw observations.
 *
 * The k-th smallest of n draws with replacement from n sorted values is the value at ⌊n·U⌋, where U is the k-th smallest
 * of n uniform numbers, which is Beta(k, n+1−k) distributed. One Beta number therefore stands for a whole resample:
 * the same distribution as drawing n values and sorting them, at no cost a value.
 * Left out: observations are taken as independent; bursts make the true interval wider.
 */
import type { Interval } from './confidence-interval.ts';
import { rankOf } from './quantile.ts';
import { type Random, seededRandom } from './seeded-random.ts';

export interface BootstrapOptions {
  q: number;
  confidence: number;
  resamples: number;
  seed: number;
}

export interface QuantileComparison {
  before: number;
  after: number;
  /** after − before. */
  difference: Interval;
  /** after ÷ before. */
  ratio: Interval;
}

export const P99_BOOTSTRAP: BootstrapOptions = { q: 0.99, confidence: 0.95, resamples: 4_000, seed: 1 };

/**
 * Fewer observations than this cannot bound a p99 from above: with fewer than three beyond it, more than 2.5 % of all
 * resamples end at the highest observation, and the interval stops there for want of anything higher.
 */
export const P99_OBSERVATIONS_MIN = 300;

/** Undefined when either side is empty. */
export function compareQuantiles(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions = P99_BOOTSTRAP,
): QuantileComparison | undefined {
  if (before.length === 0 || after.length === 0) return undefined;
  const [left, right] = [resampler(before, options, 'before'), resampler(after, options, 'after')];
  const pairs = Array.from({ length: options.resamples }, () => [left.next(), right.next()] as const);
  return {
    before: left.quantile,
    after: right.quantile,
    difference: intervalOf(
      right.quantile - left.quantile,
      pairs.map(([low, high]) => high - low),
      options.confidence,
    ),
    ratio: intervalOf(
      right.quantile / left.quantile,
      pairs.map(([low, high]) => high / low),
      options.confidence,
    ),
  };
}

interface Resampler {
  quantile: number;
  next(): number;
}

function resampler(values: readonly number[], { q, seed }: BootstrapOptions, stream: string): Resampler {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const rank = rankOf(q, n);
  const random = seededRandom(seed, stream);
  const at = (index: number): number => sorted[Math.min(n - 1, index)] ?? Number.NaN;
  return { quantile: at(rank - 1), next: () => at(Math.floor(n * betaNumber(random, rank, n + 1 - rank))) };
}

/** The percentile interval of the resamples, never narrower than the estimate itself. */
function intervalOf(estimate: number, resampled: number[], confidence: number): Interval {
  const sorted = resampled.sort((left, right) => left - right);
  const tail = (1 - confidence) / 2;
  const lower = sorted[rankOf(tail, sorted.length) - 1] ?? estimate;
  const upper = sorted[rankOf(1 - tail, sorted.length) - 1] ?? estimate;
  return { estimate, lower: Math.min(lower, estimate), upper: Math.max(upper, estimate) };
}

function betaNumber(random: Random, a: number, b: number): number {
  const left = gammaNumber(random, a);
  return left / (left + gammaNumber(random, b));
}

/** Gamma(shape ≥ 1, 1) after Marsaglia and Tsang (2000): about 1.05 normal numbers each. */
function gammaNumber(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalNumber(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Box and Muller (1958). */
function normalNumber(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
