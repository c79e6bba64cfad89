/**
 * One histogram series over durations that were counted elsewhere, in those buckets or in some of them: so a duration is
 * recorded once, however many series show it. The prefixes of the lines are encoded once, the lines at the scrape.
 */
import { strict as assert } from 'node:assert';
import type { DurationCounts } from './duration-counts.ts';
import type { MetricsPage } from './metrics-page.ts';
import { type Labels, plainNumber, seriesPrefix } from './metrics-text.ts';

export class HistogramSeries {
  readonly #durations: DurationCounts;
  /** Where in the counts each bucket of this series ends. */
  readonly #ends: number[];
  readonly #bucketPrefixes: Uint8Array[];
  readonly #sumPrefix: string;
  readonly #countPrefix: Uint8Array;

  /** @param bounds upper bounds in seconds, ascending, each one of the counted ones too, without +Inf. */
  constructor(name: string, labels: Labels, durations: DurationCounts, bounds: readonly number[]) {
    this.#durations = durations;
    this.#ends = [...bounds.map((bound) => durations.bounds.indexOf(bound) + 1), durations.counts.length];
    assert(!this.#ends.includes(0), `${name} has a bucket that is not counted`);
    const limits = [...bounds.map(plainNumber), '+Inf'];
    this.#bucketPrefixes = limits.map((le) => Buffer.from(seriesPrefix(`${name}_bucket`, { ...labels, le })));
    this.#sumPrefix = seriesPrefix(`${name}_sum`, labels);
    this.#countPrefix = Buffer.from(seriesPrefix(`${name}_count`, labels));
  }

  /** The series as it is now, to be written later: the counts are copied, so what is observed meanwhile stays out. */
  freeze(): (page: MetricsPage) => void {
    const counts = this.#durations.counts.slice();
    const { sum } = this.#durations;
    return (page) => this.#write(page, counts, sum);
  }

  #write(page: MetricsPage, counts: Float64Array, sum: number): void {
    let cumulated = 0;
    let at = 0;
    for (let bucket = 0; bucket < this.#ends.length; bucket++) {
      const end = this.#ends[bucket] ?? 0;
      while (at < end) cumulated += counts[at++] ?? 0;
      page.countLine(this.#bucketPrefixes[bucket] ?? NOTHING, cumulated);
    }
    page.text(`${this.#sumPrefix}${plainNumber(sum)}\n`);
    page.countLine(this.#countPrefix, cumulated);
  }
}

const NOTHING = new Uint8Array();
