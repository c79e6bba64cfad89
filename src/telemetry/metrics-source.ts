/**
 * Where measurements of the servers come from. A source only reads; what the numbers mean is decided elsewhere.
 * No data is an error with a name, never zero.
 */
export interface Window {
  fromMs: number;
  toMs: number;
}

/** One metric of one process, narrowed by labels where it has several series. */
export interface Selector {
  /** Name of the process: `engine-a`, `gateway`. */
  target: string;
  metric: string;
  labels?: Readonly<Record<string, string>>;
}

/** A scraped value and the epoch milliseconds of its scrape. */
export interface Sample {
  atMs: number;
  value: number;
}

/** One scrape of a histogram: observations a bucket (not cumulated), the last one above every bound. */
export interface HistogramSample {
  atMs: number;
  counts: readonly number[];
  count: number;
  sum: number;
}

export interface HistogramSeries {
  /** Upper bounds of the buckets, ascending, without +Inf. */
  bounds: readonly number[];
  samples: readonly HistogramSample[];
}

/** The scrapes of a process that succeeded within a window. */
export interface Scrapes {
  /** Epoch milliseconds of each, ascending. */
  atMs: number[];
  /** Planned time between two of them. */
  intervalMs: number;
}

export interface MetricsSource {
  readonly name: 'collector' | 'prometheus';
  /** The longest planned time between two scrapes of any process: to wait for, not to judge by. */
  readonly intervalMsMax: number;
  scrapes(target: string, window: Window): Promise<Scrapes>;
  /** The last sample at or before the window's start, then all within it. Throws a MexError where there is none. */
  samples(selector: Selector, window: Window): Promise<Sample[]>;
  histogram(selector: Selector, window: Window): Promise<HistogramSeries>;
}

export interface SeriesKeeper {
  /** Everything kept of the window, as lines of JSON, for the run's folder. */
  dump(window: Window): AsyncIterable<string>;
}
