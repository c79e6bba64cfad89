/**
 * What an engine does while its broker is away, as long as `OUTAGE_SECONDS` says (60): 1,000 orders a second all the time,
 * the broker stopped with SIGSTOP; once more with the engine killed in the middle of it and started again; and, to compare
 * with, once with nothing done to anybody. Afterwards the topics are read back whole. The same rate before, during and
 * after, in stretches, each with a new client.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTopics } from '../src/events/read-topics.ts';
import { SHORT_COLLECTIONS } from '../src/exec/short-collections.ts';
import { EVENT_ID_HEADER, TOPICS } from '../src/protocol/event-records.ts';
import { METRIC } from '../src/protocol/metrics.ts';
import { quantileOf } from '../src/stats/quantile.ts';
import type { SparseHistogram } from '../src/stats/sparse-histogram.ts';
import { parseExposition } from '../src/telemetry/exposition-format.ts';
import { openLoop } from './http/load.ts';
import type { BenchResult } from './run.ts';
import { type Server, startBroker, startEngine, withFolder } from './servers.ts';
import { medianWithRange } from './statistics.ts';

const RATE = 1_000;
const STRETCH_SECONDS = 15;
const AROUND_STRETCHES = 4;
const OUTAGE_SECONDS = Number(process.env.OUTAGE_SECONDS ?? 60);

interface Stretch {
  requestP99Ms: number;
  matchP99Ms: number;
  rssMb: number;
}

export async function benchOutage(): Promise<BenchResult> {
  return {
    conditions: `${RATE} orders/s, every second one a match, in stretches of ${STRETCH_SECONDS} s; the broker, mex's stand-in, stopped for ${OUTAGE_SECONDS} s; figures are medians of the stretches with their range`,
    goals: 'p99 of matching within the range of before; memory flat; every event arrives, in order, no gap',
    leavesOut: 'a real Kafka, more than one shard; the client takes a core of its own',
    rows: [
      ...(await withFolder((folder) => outage(folder, 'nothing done'))),
      ...(await withFolder((folder) => outage(folder, 'broker stopped'))),
      ...(await withFolder((folder) => outage(folder, 'broker stopped, engine killed'))),
    ],
  };
}

type Run = 'nothing done' | 'broker stopped' | 'broker stopped, engine killed';

async function outage(folder: string, run: Run): Promise<BenchResult['rows']> {
  const broker = await startBroker(join(folder, 'broker'));
  const brokers = [`127.0.0.1:${broker.port}`];
  const wal = join(folder, 'wal');
  const start = () => startEngine(wal, SHORT_COLLECTIONS, { KAFKA_BOOTSTRAP: brokers[0] ?? '' });
  let engine = await start();
  const isKilled = run === 'broker stopped, engine killed';
  try {
    await openLoop(engine.port, RATE, STRETCH_SECONDS);
    const before = await stretches(engine, AROUND_STRETCHES);
    if (run !== 'nothing done') broker.child.kill('SIGSTOP');
    const count = Math.ceil(OUTAGE_SECONDS / STRETCH_SECONDS);
    const during = await stretches(engine, isKilled ? Math.floor(count / 2) : count);
    if (isKilled) {
      engine = await killedUnderLoad(engine, start);
      await openLoop(engine.port, RATE, STRETCH_SECONDS);
      during.push(...(await stretches(engine, Math.floor(count / 2) - 1)));
    }
    broker.child.kill('SIGCONT');
    const resumed = performance.now();
    const after = await stretches(engine, AROUND_STRETCHES);
    const delay = await allArrived(engine, resumed);
    const events = `${await readBack(brokers)}; ${delay}`;
    return [
      { run, when: 'before', ...figures(before), events: '' },
      { run, when: 'during', ...figures(during), events: '' },
      { run, when: 'after', ...figures(after), events },
    ];
  } finally {
    broker.child.kill('SIGCONT');
    await engine.stop();
    await broker.stop();
  }
}

async function stretches(engine: Server, count: number): Promise<Stretch[]> {
  const found: Stretch[] = [];
  for (let stretch = 0; stretch < count; stretch++) {
    const begin = await matchDurations(engine);
    const { p99 } = await openLoop(engine.port, RATE, STRETCH_SECONDS);
    const end = await matchDurations(engine);
    const matchP99Ms = (quantileOf(gained(begin, end), 0.99)?.estimate ?? Number.NaN) * 1000;
    found.push({ requestP99Ms: p99, matchP99Ms, rssMb: residentMb(engine) });
  }
  return found;
}

/** The client fails with the engine; what it was answered until then counts all the same. */
async function killedUnderLoad(engine: Server, start: () => Promise<Server>): Promise<Server> {
  const load = openLoop(engine.port, RATE, STRETCH_SECONDS).catch(() => undefined);
  await sleep((STRETCH_SECONDS / 2) * 1000);
  engine.child.kill('SIGKILL');
  await load;
  return start();
}

/** Until nothing is left to publish. */
async function allArrived(engine: Server, sinceMs: number): Promise<string> {
  for (;;) {
    const { values } = await page(engine);
    if (values.find(({ metric }) => metric === METRIC.eventsLagSequences)?.value === 0) break;
    await sleep(200);
  }
  const seconds = (performance.now() - sinceMs) / 1000 - AROUND_STRETCHES * STRETCH_SECONDS;
  return `all there ${Math.max(0, seconds).toFixed(1)} s after the last order`;
}

/** Each command of the log is an order here, so that their events are numbered without a gap. */
async function readBack(brokers: readonly string[]): Promise<string> {
  const seen = new Set<string>();
  let [placed, last, repeated, disordered, matches] = [0, 0, 0, 0, 0];
  const request = { brokers, topics: TOPICS, again: () => false, signal: new AbortController().signal };
  await readTopics(request, ({ topic, headers }) => {
    const id = `${headers?.[EVENT_ID_HEADER]}`;
    if (seen.has(id)) repeated++;
    else if (topic === 'matches') matches++;
    else if (id.endsWith('-0')) {
      const sequence = Number(id.split('-')[1]);
      if (sequence < last) disordered++;
      last = Math.max(last, sequence);
      placed++;
    }
    seen.add(id);
  });
  return `${placed} of ${last} orders and ${matches} matches, ${repeated} repeated, ${disordered} out of order`;
}

const page = async ({ metricsPort }: Server) =>
  parseExposition(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());

async function matchDurations(engine: Server) {
  const found = (await page(engine)).histograms.find(({ metric }) => metric === METRIC.matchDurationFine);
  if (found === undefined) throw new Error(`the engine has no ${METRIC.matchDurationFine}`);
  return found;
}

type Durations = Awaited<ReturnType<typeof matchDurations>>;

function gained(begin: Durations, end: Durations): SparseHistogram {
  const buckets = end.counts.map((count, index): SparseHistogram['buckets'][number] => [
    end.bounds[index - 1] ?? 0,
    end.bounds[index] ?? null,
    count - (begin.counts[index] ?? 0),
  ]);
  return { buckets, count: end.count - begin.count, sum: end.sum - begin.sum };
}

function residentMb({ child }: Server): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function figures(stretches: readonly Stretch[]) {
  return {
    'match p99 ms': medianWithRange(stretches.map(({ matchP99Ms }) => matchP99Ms)),
    'request p99 ms': medianWithRange(stretches.map(({ requestP99Ms }) => requestP99Ms)),
    'RSS MB': medianWithRange(
      stretches.map(({ rssMb }) => rssMb),
      0,
    ),
    'RSS MB, last': (stretches.at(-1)?.rssMb ?? Number.NaN).toFixed(0),
  };
}
