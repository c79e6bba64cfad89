/**
 * A p99 against a limit that it must stay below. A histogram gives the bucket of the p99, not its value:
 * below when the whole bucket is (its upper bound is inclusive, so an observation of exactly the limit that shares a
 * bucket ending there counts as below), not below when the bucket begins at the limit or above, and otherwise open.
 * Where the value is known exactly, a p99 at the limit is not below it.
 */
import { quantileOf } from '../../stats/quantile.ts';
import type { SparseHistogram } from '../../stats/sparse-histogram.ts';
import { type Finding, noData } from '../finding.ts';
import { worstOf } from '../severity.ts';
import { milliseconds } from '../wording.ts';

/** How many of the histogram's units make a millisecond: divide by it. */
export const UNIT = { seconds: 0.001, microseconds: 1_000 } as const;

export interface Stretch {
  /** What is judged, for the sentence: `whole`, `window 0:30 to 1:00`. */
  name: string;
  histogram: SparseHistogram;
}

export interface P99Finding extends Finding {
  /** For choosing the slowest; not a number without data. */
  p99Ms: number;
}

export function p99Below(limitMs: number, { name, histogram }: Stretch, unit: number): P99Finding {
  const p99 = quantileOf(histogram, 0.99);
  if (p99 === undefined) return { ...noData(`${name} has no observations`), p99Ms: Number.NaN };
  const [lowerMs, upperMs] = [toMilliseconds(p99.lower, unit), toMilliseconds(p99.upper, unit)];
  const p99Ms = toMilliseconds(p99.estimate, unit);
  const found = `p99 ${milliseconds(p99Ms)} (${name})`;
  if (lowerMs >= limitMs) {
    return { verdict: 'FAIL', found, p99Ms, because: `${found} is not below ${limitMs} ms` };
  }
  if (upperMs <= limitMs) return { verdict: 'PASS', found, p99Ms, because: `${found} is below ${limitMs} ms` };
  const bucket = `${milliseconds(lowerMs)} to ${milliseconds(upperMs)}`;
  return {
    verdict: 'INCONCLUSIVE',
    found,
    p99Ms,
    because: `the p99 of ${name} lies in ${bucket}, around ${limitMs} ms`,
  };
}

/** The worst verdict, and of those the slowest; how many were judged is told. */
export function everyP99Below(limitMs: number, stretches: readonly Stretch[], unit: number): Finding {
  const findings = stretches.map((stretch) => p99Below(limitMs, stretch, unit));
  const slowestFirst = findings.sort((left, right) => right.p99Ms - left.p99Ms);
  const worst = worstOf(slowestFirst);
  if (worst === undefined) return noData('nothing was measured');
  const { verdict, found, because } = worst;
  return { verdict, found, because: findings.length > 1 ? `${because}, the worst of ${findings.length}` : because };
}

/** Multiplying by 0.001's inverse keeps 0.2 s at exactly 200 ms, where dividing by 0.001 would not promise it. */
function toMilliseconds(value: number, unit: number): number {
  return unit < 1 ? value * Math.round(1 / unit) : value / unit;
}
