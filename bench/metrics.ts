/** What recording an order costs, in batches of 64 as under load, and what a scrape takes that stops the thread. */
import { ShardState } from '../src/engine/match/shard-state.ts';
import { EngineMetrics } from '../src/engine/metrics/engine-metrics.ts';
import { NoSink } from '../src/engine/publish/event-sink.ts';
import { Ring } from '../src/engine/ring/ring.ts';
import { writeRecord } from './core/books.ts';
import { mixOf } from './core/mixes.ts';
import type { BenchResult } from './run.ts';
import { medianWithRange } from './statistics.ts';

const BATCH = 64;
const BATCHES = 20_000;
const ROUNDS = 5;
const SCRAPES = 50;

export async function benchMetrics(): Promise<BenchResult> {
  const metrics = new EngineMetrics('a');
  const { ring, state } = aBatch();
  const times = { size: BATCH, logNs: 180_000, publishNs: 1_000, committedNs: 600_000 };
  const record = (): number => {
    const started = performance.now();
    for (let batch = 0; batch < BATCHES; batch++) metrics.batchCommitted(state, ring, times);
    return ((performance.now() - started) * 1000) / (BATCHES * BATCH);
  };
  record();
  const recordUs: number[] = [];
  const pageMs: number[] = [];
  const longestMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    recordUs.push(record());
    const scrapes: { ms: number; longestMs: number }[] = [];
    for (let scrape = 0; scrape < SCRAPES; scrape++) scrapes.push(await scraped(metrics));
    pageMs.push(median(scrapes.map(({ ms }) => ms)));
    longestMs.push(median(scrapes.map((one) => one.longestMs)));
  }
  const { length } = await metrics.page(0, new NoSink().totals(), 1);
  return {
    conditions: `${BATCHES} batches of ${BATCH} orders, medians of ${SCRAPES} scrapes of ${length} bytes, ${ROUNDS} rounds`,
    goals: 'recording an order ≤ 0.5 µs (0.2 µs); the page ≤ 2 ms',
    leavesOut: 'what the rest of the order costs; caches are warm',
    rows: [
      { what: 'recording one order, µs', figure: medianWithRange(recordUs, 3) },
      { what: '/metrics, ms from first to last byte', figure: medianWithRange(pageMs) },
      { what: '/metrics, longest time that the thread is not free, ms', figure: medianWithRange(longestMs) },
    ],
  };
}

/** The page is written in pieces, between which orders are served. */
async function scraped(metrics: EngineMetrics): Promise<{ ms: number; longestMs: number }> {
  const started = performance.now();
  let last = started;
  let longestMs = 0;
  let isDone = false;
  const turn = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await metrics.page(0, new NoSink().totals(), 1);
  const ms = performance.now() - started;
  isDone = true;
  await new Promise(setImmediate);
  return { ms, longestMs };
}

/** As the hot path has it when a batch is released. */
function aBatch() {
  const ring = new Ring<string>(128);
  const state = new ShardState('a', ['X']);
  for (const [index, order] of mixOf('buys', BATCH, 1).entries()) {
    const offset = ring.claim();
    writeRecord(ring.records, offset, order);
    ring.publish(null, index * 1000, 2_000, null);
    state.apply(ring.records, offset, { sequence: index + 1, timeMs: 1 });
  }
  return { ring, state };
}

function median(values: number[]): number {
  return values.sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
