/** How often a measurement must be repeated until its interval no longer spans the limit. */
import type { Interval } from '../stats/confidence-interval.ts';

/** Half-widths shrink with 1/√n: n grows with the square of what is missing. At the limit itself nothing helps. */
export function repetitionsToSettle({ estimate, lower, upper }: Interval, limit: number, repetitions: number): string {
  const half = estimate < limit ? upper - estimate : estimate - lower;
  const distance = Math.abs(estimate - limit);
  const needed = Math.ceil(Math.max(1, repetitions) * (half / distance) ** 2);
  if (!Number.isSafeInteger(needed)) return 'the estimate lies on the limit: no number of repetitions settles it';
  return `about ${Math.max(needed, repetitions + 1)} repetitions would settle it`;
}
