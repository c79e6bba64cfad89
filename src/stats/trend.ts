/**
 * The slope of y over x that a few wild points do not move: Theil–Sen, the median of the slopes of all pairs,
 * with Sen's 95 % confidence interval (Sen 1968), whose ranks come from the variance of Kendall's tau.
 */
import type { Interval } from './confidence-interval.ts';

const Z_975 = 1.96;

/** Undefined when no two points differ in x. Too few points for a bound: that bound is infinite. */
export function theilSenSlope(points: readonly (readonly [x: number, y: number])[]): Interval | undefined {
  const slopes: number[] = [];
  points.forEach(([x, y], index) => {
    for (const [otherX, otherY] of points.slice(index + 1)) {
      if (otherX !== x) slopes.push((otherY - y) / (otherX - x));
    }
  });
  if (slopes.length === 0) return undefined;
  slopes.sort((left, right) => left - right);
  const n = points.length;
  const spread = Z_975 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const below = Math.floor((slopes.length - spread) / 2);
  const above = Math.ceil((slopes.length + spread) / 2) + 1;
  return {
    estimate: medianOf(slopes),
    lower: slopes[below - 1] ?? Number.NEGATIVE_INFINITY,
    upper: slopes[above - 1] ?? Number.POSITIVE_INFINITY,
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
