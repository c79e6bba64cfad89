/**
 * What the gateway adds: the same orders to an engine, and to that engine through a gateway. Latency at 84 orders a second,
 * sent when they are due; requests a second with 64 connections. Left out: more than one shard behind it.
 */
import { closedLoop, openLoop } from './http/load.ts';
import type { BenchResult } from './run.ts';
import { startEngine, startGateway, withFolder } from './servers.ts';
import { medianWithRange } from './statistics.ts';

const CONNECTIONS = 64;
const ROUNDS = 5;
const CLOSED_SECONDS = 4;
const RATE = 84;
const OPEN_SECONDS = 15;

export async function benchGateway(): Promise<BenchResult> {
  return await withFolder(async (folder) => {
    const engine = await startEngine(folder);
    const gateway = await startGateway(engine.port);
    try {
      return await compare(engine.port, gateway.port);
    } finally {
      await gateway.stop();
      await engine.stop();
    }
  });
}

async function compare(enginePort: number, gatewayPort: number): Promise<BenchResult> {
  const rates = { direct: [] as number[], gateway: [] as number[] };
  const p50 = { direct: [] as number[], gateway: [] as number[] };
  for (const port of [enginePort, gatewayPort]) await closedLoop(port, CONNECTIONS, CLOSED_SECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    rates.direct.push((await closedLoop(enginePort, CONNECTIONS, CLOSED_SECONDS)).perSecond);
    rates.gateway.push((await closedLoop(gatewayPort, CONNECTIONS, CLOSED_SECONDS)).perSecond);
    p50.direct.push((await openLoop(enginePort, RATE, OPEN_SECONDS)).p50);
    p50.gateway.push((await openLoop(gatewayPort, RATE, OPEN_SECONDS)).p50);
  }
  const direct = (values: readonly number[], round: number): number => values[round] ?? Number.NaN;
  const ratios = rates.gateway.map((rate, round) => rate / direct(rates.direct, round));
  const added = p50.gateway.map((ms, round) => ms - direct(p50.direct, round));
  return {
    conditions: `${CONNECTIONS} connections, ${ROUNDS} interleaved rounds of ${CLOSED_SECONDS} s, and of ${OPEN_SECONDS} s at ${RATE}/s, after one to warm up; client, gateway and engine share the machine`,
    goals: 'added p50 ≤ 0.8 ms (0.5 ms); throughput ≥ 0.45 × its backend (0.6 ×)',
    leavesOut: 'more than one shard behind it; the three programs share two cores',
    rows: [
      {
        way: 'engine',
        'requests/s': medianWithRange(rates.direct, 0),
        '× backend': '1',
        'p50 ms': medianWithRange(p50.direct),
        'added ms': '',
      },
      {
        way: 'gateway, engine',
        'requests/s': medianWithRange(rates.gateway, 0),
        '× backend': medianWithRange(ratios),
        'p50 ms': medianWithRange(p50.gateway),
        'added ms': medianWithRange(added),
      },
    ],
  };
}
