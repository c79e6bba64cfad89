/**
 * One histogram series: plain counts a bucket, found by binary search. Recording allocates nothing; the
 * lines, whose prefixes are encoded once, are written at the scrape.
 */
import type { MetricsPage } from './metrics-page.ts';
import { type Labels, plainNumber, seriesPrefix } from './metrics-text.ts';

export class HistogramSeries {
  readonly #bounds: Float64Array;
  /** Not cumulated; the last one is above every bound. */
  readonly #counts: Float64Array;
  readonly #bucketPrefixes: Uint8Array[];
  readonly #sumPrefix: string;
  readonly #countPrefix: Uint8Array;
  #sum = 0;

  /** @param bounds upper bounds in seconds, ascending, without +Inf. */
  constructor(name: string, labels: Labels, bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
    const limits = [...bounds.map(plainNumber), '+Inf'];
    this.#bucketPrefixes = limits.map((le) => Buffer.from(seriesPrefix(`${name}_bucket`, { ...labels, le })));
    this.#sumPrefix = seriesPrefix(`${name}_sum`, labels);
    this.#countPrefix = Buffer.from(seriesPrefix(`${name}_count`, labels));
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

  /** The series as it is now, to be written later: the counts are copied, so what is observed meanwhile stays out. */
  freeze(): (page: MetricsPage) => void {
    const counts = this.#counts.slice();
    const sum = this.#sum;
    return (page) => this.#write(page, counts, sum);
  }

  #write(page: MetricsPage, counts: Float64Array, sum: number): void {
    let cumulated = 0;
    for (const [index, prefix] of this.#bucketPrefixes.entries()) {
      cumulated += counts[index] ?? 0;
      page.countLine(prefix, cumulated);
    }
    page.text(`${this.#sumPrefix}${plainNumber(sum)}\n`);
    page.countLine(this.#countPrefix, cumulated);
  }
}
