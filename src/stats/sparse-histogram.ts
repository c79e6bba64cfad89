/** A histogram as counts a bucket; buckets that are empty are left out. Any unit: the field that holds it names it. */
export interface SparseHistogram {
  /** `[lower, upper, count]`, ascending; upper is null for "and above". */
  buckets: (readonly [lower: number, upper: number | null, count: number])[];
  count: number;
  sum: number;
}
