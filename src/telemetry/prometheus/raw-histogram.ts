/**
 * A histogram as Prometheus keeps it, a series a bucket with cumulated counts, put together again scrape by scrape. Pure.
 * A scrape that is not whole, or not possible, is an error with a name: a bucket that is missing would read as zero.
 */
import type { HistogramSample, HistogramSeries } from '../metrics-source.ts';
import type { RawSeries } from './prometheus-api.ts';

export interface RawHistogram {
  buckets: readonly RawSeries[];
  sums: RawSeries | undefined;
}

/** What is wrong with it, in words; the caller knows whose it is. */
export class UnusableHistogram extends Error {
  readonly code: 'HALF_SCRAPED' | 'NOT_A_NUMBER';
  constructor(code: UnusableHistogram['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws UnusableHistogram */
export function assembleHistogram({ buckets, sums }: RawHistogram): HistogramSeries {
  const ordered = buckets
    .map((series) => ({ series, bound: Number((series.metric.le ?? '').replace('+Inf', 'Infinity')) }))
    .sort((left, right) => left.bound - right.bound);
  const top = ordered.at(-1)?.bound;
  if (top !== Number.POSITIVE_INFINITY) {
    throw new UnusableHistogram('HALF_SCRAPED', `its highest bucket is le="${top}", not le="+Inf"`);
  }
  const bounds = ordered.slice(0, -1).map(({ bound }) => bound);
  const columns = ordered.map(({ series }) => new Map(series.values));
  const sumAt = new Map(sums?.values);
  const times = [...new Set([...columns, sumAt].flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const samples = times.map((atSeconds): HistogramSample => {
    const cumulated = columns.map((column, index) => countAt(column.get(atSeconds), atSeconds, bounds[index]));
    const sum = Number(sumAt.get(atSeconds) ?? missing('_sum', atSeconds));
    if (Number.isNaN(sum)) throw new UnusableHistogram('NOT_A_NUMBER', `its sum is NaN ${at(atSeconds)}`);
    const counts = cumulated.map((count, index) => count - (cumulated[index - 1] ?? 0));
    if (counts.some((count) => count < 0)) {
      throw new UnusableHistogram('HALF_SCRAPED', `its buckets shrink towards +Inf ${at(atSeconds)}`);
    }
    return { atMs: Math.round(atSeconds * 1_000), counts, count: cumulated.at(-1) ?? 0, sum };
  });
  return { bounds, samples };
}

function countAt(text: string | undefined, atSeconds: number, bound: number | undefined): number {
  const name = `bucket le="${bound ?? '+Inf'}"`;
  const count = Number(text ?? missing(name, atSeconds));
  if (Number.isFinite(count)) return count;
  throw new UnusableHistogram('NOT_A_NUMBER', `its ${name} is ${text} ${at(atSeconds)}`);
}

function missing(what: string, atSeconds: number): never {
  throw new UnusableHistogram('HALF_SCRAPED', `its ${what} is missing ${at(atSeconds)}`);
}

const at = (atSeconds: number): string => `at ${new Date(atSeconds * 1_000).toISOString()}`;
