/**
 * Measurements from a Prometheus, also one that mex never started.
 *
 * Guarantees: raw samples with the times of their scrapes, never a rate or a quantile that Prometheus worked out, so the
 * figures are those of the embedded collector, and versions 2 and 3 give the same. What is empty, not a number, stale,
 * scraped by halves or there twice is an error with that name. Engines are found by their `shard` label alone.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { METRIC } from '../../protocol/metrics.ts';
import type {
  HistogramSeries,
  MetricsSource,
  Sample,
  Scrapes,
  Selector,
  SeriesKeeper,
  Window,
} from '../metrics-source.ts';
import { PrometheusApi, type RawSeries } from './prometheus-api.ts';
import { assembleHistogram, UnusableHistogram } from './raw-histogram.ts';

/** How many scrapes before a window the last one is looked for: any that is older is a gap. */
const LOOK_BACK_SCRAPES = 5;
/** A series that ends this many scrapes before its window does has gone stale. */
const STALE_SCRAPES = 3;
/** Not what else a shared Prometheus holds. */
const OF_THE_EXPERIMENT = '{__name__=~"(me|gw|k6|nodejs|process)_.+"}';
/** What is kept of a window is read in pieces, so that a long one fits into memory and into an answer. */
const PIECE_MS = 60_000;

export class PrometheusSource implements MetricsSource, SeriesKeeper {
  readonly name = 'prometheus';
  readonly #api: PrometheusApi;
  readonly #intervals: ReadonlyMap<string | undefined, number>;

  private constructor(api: PrometheusApi, intervals: ReadonlyMap<string | undefined, number>) {
    this.#api = api;
    this.#intervals = intervals;
  }

  /** @throws MexError `PROMETHEUS_DOWN`, `PROMETHEUS_ANSWER` */
  static async connect(url: string): Promise<PrometheusSource> {
    const api = new PrometheusApi(url);
    return new PrometheusSource(api, await api.scrapeIntervalsMs());
  }

  get intervalMsMax(): number {
    return Math.max(...this.#jobIntervals());
  }

  async scrapes(target: string, window: Window): Promise<Scrapes> {
    const rangeMs = window.toMs - window.fromMs + 1;
    const found = await this.#api.rawSamples(selectorOf(markerOf(target)), { toMs: window.toMs, rangeMs });
    const times = new Set(found.flatMap(({ values }) => values.map(([atSeconds]) => Math.round(atSeconds * 1_000))));
    const atMs = [...times].filter((time) => time >= window.fromMs).sort((left, right) => left - right);
    return { atMs, intervalMs: Math.min(...found.map((series) => this.#intervalOf(series)), this.intervalMsMax) };
  }

  async samples(selector: Selector, window: Window): Promise<Sample[]> {
    const series = this.#one(selector, window, await this.#read(selectorOf(selector), window));
    const samples = series.values.map(([atSeconds, text]) => ({
      atMs: Math.round(atSeconds * 1_000),
      value: Number(text.replace('Inf', 'Infinity')),
    }));
    const wrong = samples.find(({ value }) => Number.isNaN(value));
    if (wrong !== undefined) throw unusable('NOT_A_NUMBER', selector, `is NaN at ${instant(wrong.atMs)}`);
    return fresh(selector, window, { samples, intervalMs: this.#intervalOf(series) });
  }

  async histogram(selector: Selector, window: Window): Promise<HistogramSeries> {
    const { metric } = selector;
    const part = (suffix: string): Promise<RawSeries[]> =>
      this.#read(selectorOf({ ...selector, metric: `${metric}${suffix}` }), window);
    const [buckets, sums] = await Promise.all([part('_bucket'), part('_sum')]);
    const sum = this.#one(selector, window, sums);
    const owned = buckets.filter(({ metric: { le, ...labels } }) => sameLabels(labels, sum.metric));
    if (owned.length === 0) throw unusable('NO_DATA', selector, 'has no buckets');
    try {
      const { bounds, samples } = assembleHistogram({ buckets: owned, sums: sum });
      return { bounds, samples: fresh(selector, window, { samples, intervalMs: this.#intervalOf(sum) }) };
    } catch (thrown) {
      if (!(thrown instanceof UnusableHistogram)) throw thrown;
      throw unusable(thrown.code, selector, `cannot be read: ${thrown.message}`);
    }
  }

  /** A line a series and minute: `{"target","metric","labels","values":[[atMs,value as text],…]}`. */
  async *dump({ fromMs, toMs }: Window): AsyncIterable<string> {
    for (let startMs = fromMs; startMs < toMs; startMs += PIECE_MS) {
      const endMs = Math.min(startMs + PIECE_MS, toMs);
      const piece = await this.#api.rawSamples(OF_THE_EXPERIMENT, { toMs: endMs, rangeMs: endMs - startMs });
      for (const { metric, values } of piece) {
        const { __name__, ...labels } = metric;
        const inMs = values.map(([atSeconds, text]) => [Math.round(atSeconds * 1_000), text]);
        yield JSON.stringify({ target: labels.instance, metric: __name__, labels, values: inMs });
      }
    }
  }

  /** From some scrapes before the window, so that the last one before it is there. */
  #read(selector: string, { fromMs, toMs }: Window): Promise<RawSeries[]> {
    return this.#api.rawSamples(selector, { toMs, rangeMs: toMs - fromMs + LOOK_BACK_SCRAPES * this.intervalMsMax });
  }

  /** The one series that is meant. */
  #one(selector: Selector, { fromMs }: Window, found: readonly RawSeries[]): RawSeries {
    const within = found.filter(({ values }) => (values.at(-1)?.[0] ?? 0) * 1_000 >= fromMs);
    const [series] = within;
    if (series === undefined) throw unusable('NO_DATA', selector, `has no sample since ${instant(fromMs)}`);
    if (within.length === 1) return series;
    const instances = within.map(({ metric }) => `${metric.job}/${metric.instance}`).join(', ');
    throw unusable('AMBIGUOUS_SERIES', selector, `is there ${within.length} times, from ${instances}`);
  }

  /** Of the job that scraped it; the shortest of all where that has another name by now: rules get stricter by it. */
  #intervalOf({ metric }: RawSeries): number {
    return this.#intervals.get(metric.job) ?? Math.min(...this.#jobIntervals());
  }

  #jobIntervals(): number[] {
    const jobs = [...this.#intervals].filter(([job]) => job !== undefined).map(([, intervalMs]) => intervalMs);
    return jobs.length > 0 ? jobs : [...this.#intervals.values()];
  }
}

/** The last one at or before the window's start, then all within it, none of it long before its end. */
function fresh<T extends { atMs: number }>(
  selector: Selector,
  { fromMs, toMs }: Window,
  { samples, intervalMs }: { samples: readonly T[]; intervalMs: number },
): T[] {
  const first = samples.findLastIndex(({ atMs }) => atMs <= fromMs);
  const read = samples.slice(Math.max(0, first));
  const last = read.at(-1);
  if (last !== undefined && toMs - last.atMs <= STALE_SCRAPES * intervalMs) return read;
  const end = last === undefined ? 'has no sample' : `ends at ${instant(last.atMs)}`;
  throw unusable('STALE', selector, `${end}, and was asked until ${instant(toMs)}`);
}

/** A series that every process of that kind has from its start. */
function markerOf(target: string): Selector {
  return { target, metric: target.startsWith(ENGINE) ? METRIC.matches : METRIC.gatewayRequests };
}

const ENGINE = 'engine-';

function selectorOf({ target, metric, labels = {} }: Selector): string {
  const shard = target.startsWith(ENGINE) ? { shard: target.slice(ENGINE.length) } : {};
  const matchers = Object.entries({ ...shard, ...labels }).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${metric}{${matchers.join(',')}}`;
}

/** But for their names. */
function sameLabels(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  names.delete('__name__');
  return [...names].every((name) => left[name] === right[name]);
}

function unusable(code: string, { target, metric, labels = {} }: Selector, what: string): MexError {
  const narrowed = Object.entries(labels).map(([name, value]) => ` ${name}=${value}`);
  return new MexError(`${code}: ${metric}${narrowed.join('')} of ${target} ${what}`, {
    code,
    exit: EXIT.noVerdict,
    suggestion: 'See what Prometheus scrapes on its page /targets.',
  });
}

const instant = (atMs: number): string => new Date(atMs).toISOString();
