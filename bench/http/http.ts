/**
 * The engine over HTTP, every order on disk before it is answered, against a bare `node:http` server that answers a fixed
 * body. Requests a second: 64 kept-alive connections, each sending its next request when the last one is answered.
 * Latency: orders sent when they are due, 84 a second, as in the experiment. Left out: more than one shard, a real network.
 */
import type { BenchResult } from '../run.ts';
import { type Server, startBare, startEngine, withFolder } from '../servers.ts';
import { medianWithRange } from '../statistics.ts';
import { closedLoop, openLoop } from './load.ts';

const CONNECTIONS = 64;
const ROUNDS = 5;
const CLOSED_SECONDS = 4;
const RATE = 84;
const OPEN_SECONDS = 20;

export async function benchHttp(): Promise<BenchResult> {
  return await withFolder(async (folder) => {
    const servers = { engine: await startEngine(folder), bare: await startBare() };
    try {
      return await compare(servers);
    } finally {
      for (const server of Object.values(servers)) await server.stop();
    }
  });
}

async function compare(servers: { engine: Server; bare: Server }): Promise<BenchResult> {
  const names = ['engine', 'bare'] as const;
  const rates = { engine: [] as number[], bare: [] as number[] };
  const p50 = { engine: [] as number[], bare: [] as number[] };
  const p99 = { engine: [] as number[], bare: [] as number[] };
  for (const name of names) await closedLoop(servers[name].port, CONNECTIONS, CLOSED_SECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      rates[name].push((await closedLoop(servers[name].port, CONNECTIONS, CLOSED_SECONDS)).perSecond);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const latency = await openLoop(servers[name].port, RATE, OPEN_SECONDS);
      p50[name].push(latency.p50);
      p99[name].push(latency.p99);
    }
  }
  const ratios = rates.engine.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN));
  const row = (server: string, name: 'engine' | 'bare', ratio: string) => ({
    server,
    'requests/s': medianWithRange(rates[name], 0),
    '× bare': ratio,
    [`p50 ms at ${RATE}/s`]: medianWithRange(p50[name]),
    [`p99 ms at ${RATE}/s`]: medianWithRange(p99[name]),
  });
  return {
    conditions: `${CONNECTIONS} connections, ACK_MODE=durable, ${ROUNDS} interleaved rounds of ${CLOSED_SECONDS} s after one to warm up, then ${ROUNDS} of ${OPEN_SECONDS} s at ${RATE}/s; the client is a program of its own on the same machine`,
    goals: '≥ 1.0 × bare node:http (1.5 ×); at 84/s p50 ≤ 1.5 ms (1.0 ms), p99 ≤ 10 ms (5 ms)',
    leavesOut: 'more than one shard, a real network, events',
    rows: [row('engine, durable', 'engine', medianWithRange(ratios)), row('bare node:http', 'bare', '1')],
  };
}
