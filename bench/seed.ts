/**
 * A million resting orders over HTTP: `/seed` bodies of a thousand orders each, while an order is sent every 10 ms. What
 * the engine grew by an order, how long the slowest of those orders took, and how long a scrape takes when all is there.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { seededRandom } from '../src/stats/seeded-random.ts';
import { uuid } from './core/mixes.ts';
import type { BenchResult } from './run.ts';
import { type Server, startEngine, withFolder } from './servers.ts';
import { medianWithRange } from './statistics.ts';

const ORDERS = 1_000_000;
const BODY_ORDERS = 1_000;
const ROUNDS = 3;
const PROBE_MS = 10;
const SCRAPES = 20;

export async function benchSeed(): Promise<BenchResult> {
  const rounds: Seeded[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(
      await withFolder(async (folder) => {
        const engine = await startEngine(folder);
        try {
          return await seed(engine);
        } finally {
          await engine.stop();
        }
      }),
    );
  }
  const figure = (name: keyof Seeded, digits: number): string =>
    medianWithRange(
      rounds.map((round) => round[name]),
      digits,
    );
  return {
    conditions: `${ORDERS.toLocaleString('en')} orders on 2,000 levels in bodies of ${BODY_ORDERS.toLocaleString('en')}, an order every ${PROBE_MS} ms beside them, durable, ${ROUNDS} engines`,
    goals: 'memory ≤ 110 B an order (80 B); longest stall ≤ 50 ms (10 ms); /metrics ≤ 2 ms',
    leavesOut: 'a scrape’s and an order’s time are those of the client, with its own share',
    rows: [
      { what: 'orders/s seeded', figure: figure('perSecond', 0) },
      { what: 'memory, B an order (PSS)', figure: figure('bytesAnOrder', 0) },
      { what: 'order beside the seeding, p50 ms', figure: figure('p50Ms', 2) },
      { what: 'the slowest, ms', figure: figure('slowestMs', 1) },
      { what: '/metrics with all of them there, median ms', figure: figure('scrapeMs', 2) },
    ],
  };
}

interface Seeded {
  perSecond: number;
  bytesAnOrder: number;
  p50Ms: number;
  slowestMs: number;
  scrapeMs: number;
}

async function seed(engine: Server): Promise<Seeded> {
  const pool = new Pool(`http://127.0.0.1:${engine.port}`, { connections: 2 });
  const random = seededRandom(1);
  const post = async (path: string, body: string): Promise<number> => {
    const started = performance.now();
    const headers = { 'content-type': 'application/json' };
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${path}: ${text}`);
    return performance.now() - started;
  };
  const bodyOf = (count: number): string => {
    const orders = Array.from({ length: count }, (_, index) => {
      const isSell = index % 2 === 0;
      const price = isSell ? 20_000 + (index % 2_000) : 18_000 - (index % 2_000);
      return { orderId: uuid(random), symbol: 'TEST-ASSET-A', side: isSell ? 'SELL' : 'BUY', price, quantity: 10 };
    });
    return JSON.stringify({ orders });
  };
  const probe = (): Promise<number> =>
    post('/orders', JSON.stringify({ ...JSON.parse(bodyOf(1)).orders[0], symbol: 'TEST-ASSET-B' }));
  for (let index = 0; index < 200; index++) await probe();
  const before = pssBytes(engine);
  const latencies: number[] = [];
  let isDone = false;
  const probing = (async () => {
    while (!isDone) {
      latencies.push(await probe());
      await sleep(PROBE_MS);
    }
  })();
  const started = performance.now();
  for (let count = 0; count < ORDERS; count += BODY_ORDERS) await post('/seed', bodyOf(BODY_ORDERS));
  const seconds = (performance.now() - started) / 1000;
  isDone = true;
  await probing;
  await sleep(2_000);
  const bytesAnOrder = (pssBytes(engine) - before) / ORDERS;
  const scrapes: number[] = [];
  for (let index = 0; index < SCRAPES; index++) {
    const begun = performance.now();
    await (await fetch(`http://127.0.0.1:${engine.metricsPort}/metrics`)).text();
    scrapes.push(performance.now() - begun);
  }
  await pool.close();
  latencies.sort((left, right) => left - right);
  scrapes.sort((left, right) => left - right);
  return {
    perSecond: ORDERS / seconds,
    bytesAnOrder,
    p50Ms: latencies[latencies.length >> 1] ?? Number.NaN,
    slowestMs: latencies.at(-1) ?? Number.NaN,
    scrapeMs: scrapes[scrapes.length >> 1] ?? Number.NaN,
  };
}

function pssBytes({ child }: Server): number {
  const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+)/m.exec(rollup)?.[1]) * 1024;
}
