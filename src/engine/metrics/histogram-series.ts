/**
 * One histogram series: plain counts a bucket, found by binary search. Recording allocates nothing; the text, whose
 * prefixes are built once, is made at the scrape.
 */
import { type Labels, plainNumber, seriesPrefix } from './metrics-text.ts';

export class HistogramSeries {
  readonly #bounds: Float64Array;
  /** Not cumulated; the last one is above every bound. */
  readonly #counts: Float64Array;
  readonly #bucketPrefixes: string[];
  readonly #sumPrefix: string;
  readonly #countPrefix: string;
  #sum = 0;

  /** @param bounds upper bounds in seconds, ascending, without +Inf. */
  constructor(name: string, labels: Labels, bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
    const limits = [...bounds.map(plainNumber), '+Inf'];
    this.#bucketPrefixes = limits.map((le) => seriesPrefix(`${name}_bucket`, { ...labels, le }));
    this.#sumPrefix = seriesPrefix(`${name}_sum`, labels);
    this.#countPrefix = seriesPrefix(`${name}_count`, labels);
  }

  observe(seconds: number): void {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[middle] ?? 0) < seconds) low = middle + 1;
      else high = middle;
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** The series as it is now, to be worded later: the counts are copied, so what is observed meanwhile stays out. */
  freeze(): () => string {
    const counts = this.#counts.slice();
    const sum = this.#sum;
    return () => this.#worded(counts, sum);
  }

  #worded(counts: Float64Array, sum: number): string {
    let cumulated = 0;
    let out = '';
    for (let index = 0; index < counts.length; index++) {
      cumulated += counts[index] ?? 0;
      out += `${this.#bucketPrefixes[index]}${cumulated}\n`;
    }
    return `${out}${this.#sumPrefix}${plainNumber(sum)}\n${this.#countPrefix}${cumulated}\n`;
  }
}
