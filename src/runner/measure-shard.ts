/**
 * Reads what one shard said of itself during a phase: metrics source → numbers. It judges nothing.
 * Counters are taken as differences against the last scrape before the phase, so a restart shows as a reset.
 */
import { type Phase, phaseDurationMs, type Shard } from '../experiment/cases.ts';
import type { ShardEvidence } from '../experiment/evidence.ts';
import { METRIC, STAGES } from '../protocol/metrics.ts';
import { SHARD_SYMBOLS } from '../protocol/shards.ts';
import type { SparseHistogram } from '../stats/sparse-histogram.ts';
import type { HistogramSeries, MetricsSource, Sample, Scrapes, Window } from '../telemetry/metrics-source.ts';
import { steadyWindows } from './windows.ts';

export interface PhaseWindow extends Window {
  /** Up to when scrapes are read, so that the counters have come to rest. */
  restedMs: number;
}

type Measured = Omit<ShardEvidence, 'logged' | 'loggedWhyNot'>;

export async function measureShard(
  source: MetricsSource,
  shard: Shard,
  phase: Phase,
  window: PhaseWindow,
): Promise<Measured> {
  const reader = new ShardReader(source, shard, window);
  const matches = await reader.samples(METRIC.matches);
  const orders = await reader.samples(METRIC.ordersReceived, { side: 'buy' });
  const duration = await reader.histogram(METRIC.matchDurationFine);
  return {
    shard,
    scrapes: await scrapeEvidence(reader, [matches, orders]),
    matchDuration: difference(duration, window.fromMs, window.restedMs),
    matchDurationWindows: steadyWindows(phaseDurationMs(phase)).map(({ fromMs, toMs }) => ({
      fromMs,
      toMs,
      histogram: difference(duration, window.fromMs + fromMs, window.fromMs + toMs),
    })),
    stages: await stageEvidence(reader, window),
    gcPauses: difference(await reader.histogram(METRIC.gcPause), window.fromMs, window.restedMs),
    gcPauseMaxSeconds: highest(reader.within(await reader.samples(METRIC.gcPauseMax))),
    matches: reader.sinceStart(matches),
    orders: reader.sinceStart(orders),
    askDepth: reader.within(await reader.samples(METRIC.bookDepth, { side: 'ask' })),
    askLevels: reader.within(await reader.samples(METRIC.bookLevels, { side: 'ask' })),
    ...seededShape(phase, shard),
    heapBytes: reader.within(await reader.samples(METRIC.heapUsed)),
    ordersCounted: increase(orders),
    matchesCounted: increase(matches),
  };
}

/** One shard's series over one window, as offsets from the phase's start. */
class ShardReader {
  readonly #source: MetricsSource;
  readonly #target: string;
  readonly #window: PhaseWindow;

  constructor(source: MetricsSource, shard: Shard, window: PhaseWindow) {
    this.#source = source;
    this.#target = `engine-${shard}`;
    this.#window = window;
  }

  get window(): PhaseWindow {
    return this.#window;
  }

  scrapes(): Promise<Scrapes> {
    return this.#source.scrapes(this.#target, this.#window);
  }

  samples(metric: string, labels: Record<string, string> = {}): Promise<Sample[]> {
    return this.#source.samples({ target: this.#target, metric, labels }, this.#toRest());
  }

  histogram(metric: string, labels: Record<string, string> = {}): Promise<HistogramSeries> {
    return this.#source.histogram({ target: this.#target, metric, labels }, this.#toRest());
  }

  /** Values of the window alone. */
  within(samples: Sample[]): [number, number][] {
    return samples
      .filter(({ atMs }) => atMs >= this.#window.fromMs && atMs <= this.#window.toMs)
      .map(({ atMs, value }) => [atMs - this.#window.fromMs, value]);
  }

  /** A counter, from zero at the phase's start; the scrape before it stands at the start. */
  sinceStart(samples: Sample[]): [number, number][] {
    const base = samples[0]?.value ?? 0;
    return samples.map(({ atMs, value }) => [Math.max(0, atMs - this.#window.fromMs), value - base]);
  }

  #toRest(): Window {
    return { fromMs: this.#window.fromMs, toMs: this.#window.restedMs };
  }
}

async function scrapeEvidence(reader: ShardReader, counters: Sample[][]): Promise<ShardEvidence['scrapes']> {
  const { fromMs, toMs } = reader.window;
  const { atMs: times, intervalMs } = await reader.scrapes();
  const starts = await reader.samples(METRIC.processStart);
  const edges = [fromMs, ...times, toMs];
  const gaps = edges.slice(1).map((atMs, index) => atMs - (edges[index] ?? atMs));
  const restarts = new Set(starts.map(({ value }) => value)).size - 1;
  return {
    count: times.length,
    intervalMs,
    longestGapMs: Math.round(Math.max(...gaps)),
    resets: restarts + counters.reduce((sum, samples) => sum + decreases(samples), 0),
  };
}

async function stageEvidence(reader: ShardReader, window: PhaseWindow): Promise<Record<string, SparseHistogram>> {
  const stages: Record<string, SparseHistogram> = {};
  for (const stage of STAGES) {
    const series = await reader.histogram(METRIC.stageDurationFine, { stage });
    stages[stage] = difference(series, window.fromMs, window.restedMs);
  }
  return stages;
}

function seededShape(phase: Phase, shard: Shard): Pick<ShardEvidence, 'askDepthSeeded' | 'askLevelsSeeded'> {
  const shapes = SHARD_SYMBOLS[shard].map((symbol) => phase.seedOf?.[symbol] ?? phase.seed);
  return {
    askDepthSeeded: shapes.reduce((sum, { ordersPerSymbol }) => sum + ordersPerSymbol, 0),
    askLevelsSeeded: shapes.reduce((sum, { levels }) => sum + levels, 0),
  };
}

/** What a histogram gained between two instants; each instant stands for the last scrape at or before it. */
export function difference(series: HistogramSeries, fromMs: number, toMs: number): SparseHistogram {
  const before = series.samples.findLast(({ atMs }) => atMs <= fromMs) ?? series.samples[0];
  const after = series.samples.findLast(({ atMs }) => atMs <= toMs) ?? before;
  if (before === undefined || after === undefined) return { buckets: [], count: 0, sum: 0 };
  const buckets: [number, number | null, number][] = [];
  after.counts.forEach((count, index) => {
    const gained = count - (before.counts[index] ?? 0);
    if (gained !== 0) buckets.push([series.bounds[index - 1] ?? 0, series.bounds[index] ?? null, gained]);
  });
  return { buckets, count: after.count - before.count, sum: after.sum - before.sum };
}

function increase(samples: Sample[]): number {
  return (samples.at(-1)?.value ?? 0) - (samples[0]?.value ?? 0);
}

function decreases(samples: Sample[]): number {
  return samples.filter(({ value }, index) => value < (samples[index - 1]?.value ?? value)).length;
}

function highest(pairs: [number, number][]): number | null {
  return pairs.length === 0 ? null : Math.max(...pairs.map(([, value]) => value));
}
