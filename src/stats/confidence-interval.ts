/**
 * A mean with its 95 % confidence interval, by batch means: neighbouring seconds resemble each other, so single
 * seconds would promise too much. The stretch is cut into few long batches, whose means are nearly independent,
 * and Student's t speaks of those (Law, Simulation Modeling and Analysis, 9.5.3).
 */
export interface Interval {
  estimate: number;
  lower: number;
  upper: number;
}

/** Batches a stretch is cut into; more would be shorter and less independent. */
export const BATCHES = 10;

/** Student's t at 97.5 %, by degrees of freedom from 1; beyond the table its last value is used, a little wide. */
const STUDENT_T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Undefined for fewer than two batches: one number has no spread. */
export function meanInterval(batchMeans: readonly number[]): Interval | undefined {
  const n = batchMeans.length;
  if (n < 2) return undefined;
  const mean = batchMeans.reduce((sum, value) => sum + value, 0) / n;
  const variance = batchMeans.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const t = STUDENT_T_975[Math.min(n - 1, STUDENT_T_975.length) - 1] ?? Number.POSITIVE_INFINITY;
  const half = t * Math.sqrt(variance / n);
  return { estimate: mean, lower: mean - half, upper: mean + half };
}

/** `left − factor × right` of two independent means: the half-widths add as the sides of a right angle. */
export function differenceInterval(left: Interval, right: Interval, factor: number): Interval {
  const estimate = left.estimate - factor * right.estimate;
  const half = Math.hypot(left.upper - left.estimate, factor * (right.upper - right.estimate));
  return { estimate, lower: estimate - half, upper: estimate + half };
}
