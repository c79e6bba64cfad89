/**
 * HdrHistogram's percentile text (`.hgrm`), which its plotters read: a line for each bucket that holds something.
 * Microseconds in, milliseconds out. A bucket stands at its upper bound, or its lower one where there is none.
 */
import { observationsOf } from '../stats/quantile.ts';
import type { SparseHistogram } from '../stats/sparse-histogram.ts';

const US_PER_MS = 1_000;

export function hgrm(histogram: SparseHistogram): string {
  const total = observationsOf(histogram) ?? 0;
  const lines = [
    `${'Value'.padStart(12)} ${'Percentile'.padStart(14)} ${'TotalCount'.padStart(10)} ${'1/(1-Percentile)'.padStart(14)}`,
    '',
  ];
  let below = 0;
  for (const [lower, upper, count] of total > 0 ? histogram.buckets : []) {
    if (count === 0) continue;
    below += count;
    lines.push(line((upper ?? lower) / US_PER_MS, below, total));
  }
  return `${[...lines, ...summary(histogram, total)].join('\n')}\n`;
}

function line(valueMs: number, below: number, total: number): string {
  const percentile = (below / total).toFixed(12).padStart(14);
  const odds = below === total ? 'Infinity' : (total / (total - below)).toFixed(2);
  return `${valueMs.toFixed(3).padStart(12)} ${percentile} ${String(below).padStart(10)} ${odds.padStart(14)}`;
}

function summary({ buckets, sum }: SparseHistogram, total: number): string[] {
  const highest = buckets.findLast(([, , count]) => count > 0);
  const mean = total > 0 ? sum / total / US_PER_MS : 0;
  const max = highest === undefined ? 0 : (highest[1] ?? highest[0]) / US_PER_MS;
  const cell = (value: number): string => value.toFixed(3).padStart(12);
  return [
    `#[Mean    = ${cell(mean)}, StdDeviation   = ${cell(deviationOf(buckets, total) / US_PER_MS)}]`,
    `#[Max     = ${cell(max)}, Total count    = ${String(total).padStart(12)}]`,
    `#[Buckets = ${String(buckets.length).padStart(12)}, SubBuckets     = ${'1'.padStart(12)}]`,
  ];
}

/** From the middles of the buckets. */
function deviationOf(buckets: SparseHistogram['buckets'], total: number): number {
  if (total === 0) return 0;
  const middles = buckets.map(([lower, upper, count]) => ({ value: (lower + (upper ?? lower)) / 2, count }));
  const mean = middles.reduce((sum, { value, count }) => sum + value * count, 0) / total;
  return Math.sqrt(middles.reduce((sum, { value, count }) => sum + count * (value - mean) ** 2, 0) / total);
}
