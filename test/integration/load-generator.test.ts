/** The embedded driver and its process against a tiny engine over real HTTP. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Phase } from '../../src/experiment/cases.ts';
import { EmbeddedDriver } from '../../src/load/embedded/embedded-driver.ts';
import type { LoadPlan, LoadProgress, LoadRun } from '../../src/load/load-driver.ts';
import { seedOrders } from '../../src/load/seed-orders.ts';
import { FakeEngine } from '../fixtures/load/fake-engine.ts';

const SHAPE = { ordersPerSymbol: 500, levels: 50 };
const SYMBOLS = ['TEST-ASSET-A', 'TEST-ASSET-B', 'TEST-ASSET-C', 'TEST-ASSET-D'];
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/load/${name}.ts`, import.meta.url));

let engine: FakeEngine;
let url: string;

beforeEach(async () => {
  engine = new FakeEngine();
  url = await engine.start();
});
afterEach(() => engine.stop());

const phaseOf = (perSecond: number, durationMs: number): Phase => ({
  name: 'steady',
  flows: [
    { name: 'orders', shards: ['a'], stages: [{ durationMs, fromPerSecond: perSecond, toPerSecond: perSecond }] },
  ],
  seed: SHAPE,
});

const planOf = (phase: Phase, changes: Partial<LoadPlan> = {}): LoadPlan => ({
  idPrefix: 'run-1',
  k6Script: 'test-asr1-a2-normal-load.js',
  phase,
  seed: 7,
  vusMax: 50,
  ordersUrl: url,
  seedUrls: { a: `${url}/seed/a` },
  rawFlows: [],
  ...changes,
});

interface RunOptions {
  generatorEntry?: string;
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
}

async function run(plan: LoadPlan, options: RunOptions = {}): Promise<LoadRun> {
  const { generatorEntry, onProgress = () => {}, signal = new AbortController().signal } = options;
  const driver = new EmbeddedDriver(generatorEntry === undefined ? {} : { generatorEntry });
  return driver.run(plan, onProgress, signal);
}

it('sends every scheduled order and accounts for each', async () => {
  const { evidence, startedAtMs, endedAtMs, generator, brokenOff } = await run(
    planOf(phaseOf(100, 2_000), { rawFlows: ['orders'] }),
  );
  expect(brokenOff).toBeUndefined();
  expect(evidence).toMatchObject({ scheduled: 200, sent: 200, dropped: 0, accepted: 200, refused: 0, unknown: 0 });
  expect(evidence.answers).toEqual({ '200': 200 });
  for (const histogram of [evidence.latencyFromDueUs, evidence.latencyFromSendUs, evidence.lagUs]) {
    expect(histogram.count).toBe(200);
  }
  expect(evidence.latencyFromDueUs.sum).toBeGreaterThan(evidence.latencyFromSendUs.sum);
  expect(evidence.seconds.map(({ sent }) => sent)).toEqual([100, 100]);
  expect(evidence.rawLatencies[0]?.latencyUs).toHaveLength(200);
  expect(evidence.rawLatencies[0]?.offsetMs.slice(0, 3)).toEqual([0, 10, 20]);
  expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(2_000);
  expect(generator.cpuMs).toBeGreaterThan(0);
  expect(new Set(engine.orders.map(({ orderId }) => orderId)).size).toBe(200);
});

it('sends the same orders again for the same seed', async () => {
  await run(planOf(phaseOf(100, 500)));
  const first = engine.orders.splice(0);
  await run(planOf(phaseOf(100, 500)));
  expect(engine.orders).toHaveLength(50);
  expect(engine.orders.toSorted(byId)).toEqual(first.toSorted(byId));
});

const byId = (left: { orderId: string }, right: { orderId: string }) => (left.orderId < right.orderId ? -1 : 1);

it('goes on sending while the server stalls, and the latencies show the stall', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  engine.answerTo = async () => {
    if (engine.orders.length === 40) resolve();
    await promise;
    return undefined;
  };
  const { evidence } = await run(planOf(phaseOf(100, 500)));
  expect(evidence).toMatchObject({ sent: 50, dropped: 0, accepted: 50 });
  const backlogUs = Array.from({ length: 40 }, (_, index) => (39 - index) * 10_000).reduce((sum, one) => sum + one, 0);
  expect(evidence.latencyFromDueUs.sum).toBeGreaterThanOrEqual(backlogUs);
});

it('drops and counts what finds vusMax requests in flight', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  engine.answerTo = async () => {
    await promise;
    return undefined;
  };
  const plan = planOf(phaseOf(100, 2_000), { vusMax: 5 });
  const { evidence } = await run(plan, { onProgress: ({ sent }) => sent === 5 && resolve() });
  expect(evidence.dropped).toBeGreaterThan(0);
  expect(evidence.sent + evidence.dropped).toBe(200);
  expect(evidence.accepted).toBe(evidence.sent);
});

it('tells refused, unknown and reset orders apart', async () => {
  engine.answerTo = (_, index) => {
    if (index % 10 === 0) return { status: 400, body: { status: 'REJECTED', outcome: 'not_accepted' } };
    if (index % 10 === 1) return { status: 503, body: { status: 'REJECTED', outcome: 'not_accepted' } };
    return index % 10 === 2 ? { status: 504, body: { outcome: 'unknown' } } : undefined;
  };
  const { evidence } = await run(planOf(phaseOf(100, 1_000)));
  expect(evidence).toMatchObject({ sent: 100, accepted: 70, refused: 20, unknown: 10 });
  expect(evidence.answers).toEqual({ '200': 70, '400': 10, '503': 10, '504': 10 });
  expect(evidence.seconds[0]?.failed).toBe(30);
});

it('counts every order as unknown where nobody listens', async () => {
  engine.stop();
  const { evidence } = await run(planOf(phaseOf(100, 300)));
  expect(evidence).toMatchObject({ sent: 30, accepted: 0, unknown: 30, answers: { ECONNREFUSED: 30 } });
});

it('gives what it measured when it is stopped, and its process is gone', async () => {
  const stop = new AbortController();
  let pid: number | undefined;
  const entry = fixture('pid-telling-generator');
  engine.answerTo = (order) => {
    pid = Number(order.orderId.split('-')[1]);
    if (engine.orders.length === 20) stop.abort();
    return undefined;
  };
  const { evidence, brokenOff } = await run(planOf(phaseOf(100, 60_000)), {
    signal: stop.signal,
    generatorEntry: entry,
  });
  expect(brokenOff).toMatch(/^the load was stopped after .* s of 60 s$/);
  expect(evidence.sent).toBeGreaterThanOrEqual(20);
  expect(evidence.sent).toBeLessThan(6_000);
  expect(evidence.latencyFromDueUs.count).toBe(evidence.sent);
  expect(isRunning(pid)).toBe(false);
});

it('says so when the generator dies, and keeps what it had counted', async () => {
  const entry = fixture('pid-telling-generator');
  let pid = 0;
  engine.answerTo = (order) => {
    pid = Number(order.orderId.split('-')[1]);
    return undefined;
  };
  const onProgress = ({ sent }: LoadProgress): unknown => sent > 0 && process.kill(pid, 'SIGKILL');
  const { evidence, brokenOff } = await run(planOf(phaseOf(100, 60_000)), { generatorEntry: entry, onProgress });
  expect(brokenOff).toContain('ended early, with SIGKILL');
  expect(evidence.scheduled).toBe(6_000);
  expect(evidence.sent).toBeGreaterThan(0);
  expect(isRunning(pid)).toBe(false);
});

it('rejects when the generator dies before the first order', async () => {
  const generatorEntry = fixture('no-such-generator');
  await expect(run(planOf(phaseOf(100, 1_000)), { generatorEntry })).rejects.toMatchObject({
    code: 'GENERATOR_FAILED',
    message: expect.stringContaining('exit code 1'),
  });
});

it('ends with its IPC channel, and not with the signals of a terminal', async () => {
  const entry = fileURLToPath(new URL('../../src/load/embedded/generator-main.ts', import.meta.url));
  const child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const exited = once(child, 'exit');
  child.send({ type: 'start', plan: planOf(phaseOf(100, 60_000)) });
  engine.answerTo = () => {
    if (engine.orders.length === 3) for (const signal of ['SIGINT', 'SIGTERM'] as const) child.kill(signal);
    if (engine.orders.length === 10) child.disconnect();
    return undefined;
  };
  expect(await exited).toEqual([null, 'SIGKILL']);
  expect(engine.orders.length).toBeGreaterThanOrEqual(10);
});

it('lets a test catch a generator that silently leaves out 2 %', async () => {
  const { evidence } = await run(planOf(phaseOf(100, 1_000)), { generatorEntry: fixture('dropping-generator') });
  expect(evidence).toMatchObject({ scheduled: 100, sent: 98, dropped: 0, accepted: 98 });
});

it('keeps the asks at their seeded shape while orders consume them', async () => {
  const plan = planOf(phaseOf(200, 2_000));
  await new EmbeddedDriver().seed(plan, new AbortController().signal);
  expect(engine.seedBodies.map(({ length }) => length)).toEqual([2_000]);
  const { evidence } = await run(plan);
  expect(evidence.replenished.orders).toBeGreaterThan(50);
  expect(evidence.replenished).toMatchObject({ failures: 0, blockedLevels: 0 });
  for (const symbol of SYMBOLS) {
    const asks = engine.askOrders(symbol);
    const orders = asks.reduce((sum, level) => sum + level.orders, 0);
    expect(asks).toHaveLength(50);
    expect(orders).toBeGreaterThan(450);
    expect(orders).toBeLessThanOrEqual(500);
  }
  const ids = engine.seedBodies.flat().map(({ orderId }) => orderId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('restores a book that was consumed and touches nothing else', async () => {
  const [best] = seedOrders({ symbol: 'TEST-ASSET-A', shape: SHAPE, idPrefix: 'x', seed: 1 });
  const plan = planOf(phaseOf(0, 1_500));
  await new EmbeddedDriver().seed(plan, new AbortController().signal);
  for (let n = 0; n < 20; n++) {
    engine.take({
      ...best,
      orderId: `t${n}`,
      symbol: 'TEST-ASSET-A',
      side: 'BUY',
      type: 'LIMIT',
      price: 15_003,
      quantity: 100,
    });
  }
  const { evidence } = await run(plan);
  expect(engine.askOrders('TEST-ASSET-A').map(({ orders }) => orders)).toEqual(Array.from({ length: 50 }, () => 10));
  expect(evidence.replenished.orders).toBe(engine.seedBodies.slice(1).flat().length);
  expect(
    new Set(
      engine.seedBodies
        .slice(1)
        .flat()
        .map(({ symbol }) => symbol),
    ),
  ).toEqual(new Set(['TEST-ASSET-A']));
});

it('leaves levels at or below a resting bid short, and counts them', async () => {
  const bid = {
    orderId: 'bid',
    symbol: 'TEST-ASSET-A',
    side: 'BUY',
    type: 'LIMIT',
    price: 15_002,
    quantity: 10,
  } as const;
  engine.rest(bid);
  const { evidence } = await run(planOf({ ...phaseOf(0, 1_500), seed: { ordersPerSymbol: 30, levels: 3 } }));
  expect(engine.askOrders('TEST-ASSET-A').map(({ price, orders }) => [price, orders])).toEqual([[15_003, 10]]);
  expect(evidence.replenished.blockedLevels).toBeGreaterThanOrEqual(2);
  expect(evidence.replenished.failures).toBe(0);
});

it('counts seeds that are refused while replenishing, and goes on', async () => {
  engine.answerToSeed = () => ({ status: 503, body: { outcome: 'not_accepted' } });
  const { evidence } = await run(planOf(phaseOf(50, 500)));
  expect(evidence.accepted).toBe(25);
  expect(evidence.replenished.orders).toBe(0);
  expect(evidence.replenished.failures).toBeGreaterThan(0);
});

it('lets a book run dry where a test wants that', async () => {
  const generatorEntry = fixture('unreplenished-generator');
  const { evidence } = await run(planOf(phaseOf(100, 500)), { generatorEntry });
  expect(evidence.replenished).toEqual({ orders: 0, reads: 0, failures: 0, blockedLevels: 0 });
  expect(engine.seedBodies).toEqual([]);
});

it.each([
  ['another count', { status: 200, body: { seeded: 7 } }],
  ['a refusal', { status: 400, body: { reason: 'Unknown symbol: X' } }],
])('refuses to start from books that were seeded with %s', async (_, answer) => {
  engine.answerToSeed = () => answer;
  const seeding = new EmbeddedDriver().seed(planOf(phaseOf(1, 1_000)), new AbortController().signal);
  await expect(seeding).rejects.toMatchObject({ name: 'MexError', code: 'SEED_FAILED', exit: 5 });
});

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined || !Number.isInteger(pid)) throw new Error('no process id');
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
