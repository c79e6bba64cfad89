/** Durations counted by bucket, in plain numbers, found by binary search: recording one allocates nothing. */
export class DurationCounts {
  readonly bounds: Float64Array;
  /** Not cumulated; the last one is above every bound. */
  readonly counts: Float64Array;
  sum = 0;

  /** @param bounds upper bounds in seconds, ascending, without +Inf. */
  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const { bounds, counts } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[middle] ?? 0) < seconds) low = middle + 1;
      else high = middle;
    }
    counts[low] = (counts[low] ?? 0) + 1;
    this.sum += seconds;
  }
}
