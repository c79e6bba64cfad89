/**
 * The scrapes of one process, kept as changes: a table of series, the state before the oldest kept scrape, and for each
 * scrape only what differs from the one before. Values are asked back by replaying the changes.
 *
 * A failed scrape is kept as failed and changes nothing: no value is ever made up for it. A series that is missing from
 * a scrape is marked as gone, and has no sample until it is back.
 */
import type { Exposition } from '../exposition-format.ts';
import type { HistogramSample, HistogramSeries, Sample, Window } from '../metrics-source.ts';
import { hasLabels, type Labels } from '../series-key.ts';

/** How long scrapes are kept: longer than any case with its waits, at some 3 KB a scrape of an engine. */
export const KEPT_MS = 2 * 60 * 60 * 1_000;
/** More series than this in one process are a mistake, and would fill the memory. */
const SERIES_MAX = 5_000;

export interface SeriesInfo {
  id: number;
  metric: string;
  labels: Labels;
  /** Of a histogram: upper bounds, ascending, without +Inf. */
  bounds?: readonly number[];
}

/** One scrape. `v` and `h` hold changes only; see `dump-lines.ts`. */
export interface ScrapeRecord {
  atMs: number;
  tookMs: number;
  /** Why it failed; absent when it succeeded. */
  failed?: string;
  /** `id, value` pairs, flat. */
  v: number[];
  /** A histogram each: `id, sum`, then `bucket, observations` pairs. */
  h: number[][];
  /** Series that were there before and are not now. */
  gone: number[];
}

/** What each series held at some scrape. */
interface State {
  values: Map<number, number>;
  histograms: Map<number, { counts: number[]; sum: number }>;
}

const emptyState = (): State => ({ values: new Map(), histograms: new Map() });

export class TargetHistory {
  readonly series: SeriesInfo[] = [];
  readonly #ids = new Map<string, number>();
  #records: ScrapeRecord[] = [];
  /** State before the oldest kept record, and after the newest. */
  readonly #oldest = emptyState();
  readonly #newest = emptyState();

  get last(): ScrapeRecord | undefined {
    return this.#records.at(-1);
  }

  addFailed(atMs: number, tookMs: number, failed: string): void {
    this.#keep({ atMs, tookMs, failed, v: [], h: [], gone: [] });
  }

  /** @throws RangeError when the process has too many series; nothing is kept of that scrape then. */
  addScraped(atMs: number, tookMs: number, { values, histograms }: Exposition): void {
    const record: ScrapeRecord = { atMs, tookMs, v: [], h: [], gone: [] };
    const seen = new Set<number>();
    for (const { key, metric, labels, value } of values) {
      const id = this.#idOf(key, { metric, labels });
      seen.add(id);
      if (!Object.is(this.#newest.values.get(id), value)) record.v.push(id, value);
    }
    for (const { key, metric, labels, bounds, counts, sum } of histograms) {
      const id = this.#idOf(key, { metric, labels, bounds });
      seen.add(id);
      const change = changeOf(id, this.#newest.histograms.get(id), { counts, sum });
      if (change !== undefined) record.h.push(change);
    }
    for (const id of [...this.#newest.values.keys(), ...this.#newest.histograms.keys()]) {
      if (!seen.has(id)) record.gone.push(id);
    }
    this.#apply(record, this.#newest);
    this.#keep(record);
  }

  forgetBefore(atMs: number): void {
    const keep = this.#records.findIndex((record) => record.atMs >= atMs);
    const old = this.#records.splice(0, keep === -1 ? this.#records.length : keep);
    for (const record of old) this.#apply(record, this.#oldest);
  }

  /** Every kept scrape within the window, failed ones too. */
  scrapes({ fromMs, toMs }: Window): ScrapeRecord[] {
    return this.#records.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  }

  find(metric: string, labels: Labels): SeriesInfo[] {
    return this.series.filter((one) => one.metric === metric && hasLabels(one.labels, labels));
  }

  samples(id: number, window: Window): Sample[] {
    const read = (state: State, atMs: number): Sample | undefined => {
      const value = state.values.get(id);
      return value === undefined ? undefined : { atMs, value };
    };
    return this.#collect(window, id, read);
  }

  histogram(id: number, window: Window): HistogramSeries {
    const read = (state: State, atMs: number): HistogramSample | undefined => {
      const found = state.histograms.get(id);
      return found === undefined ? undefined : { atMs, ...withCount(found) };
    };
    return { bounds: this.series[id]?.bounds ?? [], samples: this.#collect(window, id, read) };
  }

  /** The scrapes of a window such that the first one that succeeded holds everything, not only what changed. */
  *standalone(window: Window): Generator<ScrapeRecord> {
    const state = copyOf(this.#oldest);
    let whole = false;
    for (const record of this.#records) {
      if (record.atMs > window.toMs) return;
      this.#apply(record, state);
      if (record.atMs < window.fromMs) continue;
      if (whole || record.failed !== undefined) yield record;
      else yield { ...record, ...everythingOf(state), gone: [] };
      whole ||= record.failed === undefined;
    }
  }

  /** The last reading at or before the window's start, then all within it. None within: nothing at all. */
  #collect<T extends { atMs: number }>(
    window: Window,
    id: number,
    read: (state: State, atMs: number) => T | undefined,
  ): T[] {
    const state = emptyState();
    copySeries(id, this.#oldest, state);
    const found: T[] = [];
    let before: T | undefined;
    for (const record of this.#records) {
      if (record.atMs > window.toMs) break;
      this.#apply(record, state, id);
      if (record.failed !== undefined) continue;
      const one = read(state, record.atMs);
      if (one === undefined) continue;
      if (record.atMs < window.fromMs) before = one;
      else found.push(one);
    }
    const [first] = found;
    if (before === undefined || first === undefined || first.atMs === window.fromMs) return found;
    return [before, ...found];
  }

  /** @param only apply the changes of this series alone. */
  #apply(record: ScrapeRecord, state: State, only?: number): void {
    for (let at = 0; at < record.v.length; at += 2) {
      const id = record.v[at] ?? 0;
      if (only === undefined || only === id) state.values.set(id, record.v[at + 1] ?? 0);
    }
    for (const change of record.h) {
      const [id = 0, sum = 0] = change;
      if (only !== undefined && only !== id) continue;
      const length = (this.series[id]?.bounds?.length ?? 0) + 1;
      const counts = state.histograms.get(id)?.counts ?? new Array<number>(length).fill(0);
      for (let at = 2; at < change.length; at += 2) counts[change[at] ?? 0] = change[at + 1] ?? 0;
      state.histograms.set(id, { counts, sum });
    }
    for (const id of record.gone) {
      state.values.delete(id);
      state.histograms.delete(id);
    }
  }

  #idOf(key: string, info: Omit<SeriesInfo, 'id'>): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.series.length;
    if (id >= SERIES_MAX) throw new RangeError(`more than ${SERIES_MAX} series`);
    this.series.push({ id, ...info });
    this.#ids.set(key, id);
    return id;
  }

  #keep(record: ScrapeRecord): void {
    this.#records.push(record);
    this.forgetBefore(record.atMs - KEPT_MS);
  }
}

function changeOf(
  id: number,
  before: { counts: number[]; sum: number } | undefined,
  now: { counts: number[]; sum: number },
): number[] | undefined {
  const change = [id, now.sum];
  for (let bucket = 0; bucket < now.counts.length; bucket++) {
    const count = now.counts[bucket] ?? 0;
    if ((before?.counts[bucket] ?? 0) !== count) change.push(bucket, count);
  }
  return before === undefined || change.length > 2 || !Object.is(before.sum, now.sum) ? change : undefined;
}

function everythingOf(state: State): Pick<ScrapeRecord, 'v' | 'h'> {
  return {
    v: [...state.values].flat(),
    h: [...state.histograms].map(([id, now]) => changeOf(id, undefined, now) ?? []),
  };
}

function withCount({ counts, sum }: { counts: number[]; sum: number }): Omit<HistogramSample, 'atMs'> {
  return { counts: [...counts], sum, count: counts.reduce((total, count) => total + count, 0) };
}

function copyOf(state: State): State {
  const copy = emptyState();
  for (const id of [...state.values.keys(), ...state.histograms.keys()]) copySeries(id, state, copy);
  return copy;
}

function copySeries(id: number, from: State, to: State): void {
  const value = from.values.get(id);
  const histogram = from.histograms.get(id);
  if (value !== undefined) to.values.set(id, value);
  if (histogram !== undefined) to.histograms.set(id, { counts: [...histogram.counts], sum: histogram.sum });
}
