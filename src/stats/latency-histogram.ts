/**
 * A histogram of whole numbers >= 0 (microseconds, nanoseconds) with buckets that widen with the value: exact below
 * 256, then 128 buckets an octave, so a bucket is less than 0.8 % wide (1/128). Like HdrHistogram, with the empty
 * buckets left out. Merging loses nothing.
 */
import type { SparseHistogram } from './sparse-histogram.ts';

const SUB_BUCKETS = 128;
const SUB_BUCKET_BITS = 7;
const TWO_TO_32 = 2 ** 32;

export class LatencyHistogram {
  /** Count by the lower bound of the bucket, which tells the bucket's width too. */
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  record(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number >= 0: ${value}`);
    const lower = value - (value % bucketWidth(value));
    this.#counts.set(lower, (this.#counts.get(lower) ?? 0) + 1);
    this.#count += 1;
    this.#sum += value;
    this.#max = Math.max(this.#max, value);
  }

  merge(other: LatencyHistogram): void {
    for (const [lower, count] of other.#counts) this.#counts.set(lower, (this.#counts.get(lower) ?? 0) + count);
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * The smallest value that at least `share` (0…1) of the values do not exceed, told as the highest number of its
   * bucket: never below the exact one, and less than 0.8 % above it. Null when nothing was recorded.
   */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [lower, count] of this.#ascending()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, lower + bucketWidth(lower) - 1);
    }
    return this.#max;
  }

  /** Each bucket holds `lower <= value < upper`. */
  toSparse(): SparseHistogram {
    const buckets = this.#ascending().map(([lower, count]) => [lower, lower + bucketWidth(lower), count] as const);
    return { buckets, count: this.#count, sum: this.#sum };
  }

  #ascending(): [lower: number, count: number][] {
    return [...this.#counts].sort(([left], [right]) => left - right);
  }
}

/** 1 below 256; doubles with each octave above, so that an octave has 128 buckets. */
function bucketWidth(value: number): number {
  return value < SUB_BUCKETS ? 1 : 2 ** (octave(value) - SUB_BUCKET_BITS);
}

/** floor(log2(value)) without the rounding of `Math.log2`, for value >= 1. */
function octave(value: number): number {
  return value < TWO_TO_32 ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / TWO_TO_32));
}
