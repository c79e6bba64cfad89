/** The scripts by hand: a person's own `k6 run`, against a tiny engine over real HTTP. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CASES, SEED } from '../../src/experiment/cases.ts';
import { orderAt, type WireOrder } from '../../src/load/order-flow.ts';
import { FakeEngine } from '../fixtures/load/fake-engine.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../k6');
const missing = skipped(noK6 !== undefined, 'k6 by hand', `${noK6}`);

let engine: FakeEngine;
let url: string;
beforeEach(async () => {
  engine = new FakeEngine();
  url = await engine.start();
});
afterEach(() => engine.stop());

async function byHand(script: string, environment: Record<string, string>): Promise<{ exit: number; said: string }> {
  const env = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const child = spawn(K6, ['run', '--quiet', '--no-color', '--no-usage-report', ...env, join(SCRIPTS, script)]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const exit = await new Promise<number>((ended) => child.once('close', (code) => ended(code ?? -1)));
  return { exit, said };
}

/** As they were due: one that is late may be overtaken. */
const inOrder = (orders: WireOrder[]) => orders.toSorted((left, right) => named(left).n - named(right).n);

/** Without what differs from run to run. */
const named = ({ orderId, ...order }: WireOrder) => ({ ...order, n: Number(orderId.split('-').at(-1)) });

describe.skipIf(missing)('a script by hand', () => {
  it('empties the books, seeds them, sends the orders of its case, and no id twice in two runs', async () => {
    const [flow] = CASES.find(({ id }) => id === 'a2')?.phases[0]?.flows ?? [];
    if (flow === undefined) throw new Error('a2 has no flow');
    const shortened = { ME_SHARD_A_URL: url, TIME_SCALE: '0.01', SEED: '7' };
    const first = await byHand('test-asr1-a2-normal-load.js', shortened);
    expect(first.exit, first.said).toBe(0);
    expect(first.said).toContain('match_latency_ms');
    const orders = inOrder(engine.orders.splice(0));
    // One more may start at the very end.
    expect([170, 171]).toContain(orders.length);
    expect(orders.map(named)).toEqual(orders.map((_, n) => named(orderAt({ flow, idPrefix: 'x', seed: 7 }, n))));
    const seeded = engine.seedBodies.splice(0).flat();
    expect(seeded.slice(0, 4 * SEED.ordersPerSymbol).every(({ side }) => side === 'SELL')).toBe(true);
    expect(seeded.length).toBeGreaterThan(4 * SEED.ordersPerSymbol);
    expect(engine.resets).toBe(1);

    expect((await byHand('test-asr1-a2-normal-load.js', shortened)).exit).toBe(0);
    const ids = [...orders, ...seeded, ...engine.orders, ...engine.seedBodies.flat()].map(({ orderId }) => orderId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each<[string, (engine: FakeEngine) => void, string]>([
    [
      'slow answers',
      (one) => {
        one.answerTo = () => new Promise((answer) => setTimeout(() => answer(undefined), 250));
      },
      'http_req_duration{scenario:steady_orders}',
    ],
    [
      'refused orders',
      (one) => {
        one.answerTo = () => ({ status: 400, body: { status: 'REJECTED' } });
      },
      'http_req_failed{scenario:steady_orders}',
    ],
  ])('ends with 99 at %s', async (_what, spoil, threshold) => {
    spoil(engine);
    const { exit, said } = await byHand('test-asr1-a1-warmup.js', { ME_SHARD_A_URL: url, TIME_SCALE: '0.01' });
    expect(exit).toBe(99);
    expect(said).toContain(threshold);
  });

  it.each([
    ['nobody answers', {}, 'http://127.0.0.1:1/reset answered'],
    ['a setting is wrong', { TIME_SCALE: '2' }, 'TIME_SCALE=2: allowed is above 0 and up to 1'],
    ['the seed is no number', { SEED: 'lucky' }, 'SEED=lucky: allowed is a whole number'],
  ])('ends with 107 and says why where %s', async (_what, environment, why) => {
    const { exit, said } = await byHand('test-asr1-a2-normal-load.js', {
      ME_SHARD_A_URL: 'http://127.0.0.1:1',
      ...environment,
    });
    expect(exit).toBe(107);
    expect(said).toContain(why);
  });

  it('ends with 108 where the books of a later phase cannot be made, and sends it nothing', async () => {
    const running = byHand('test-asr1-a3-depth-variation.js', { ME_SHARD_A_URL: url, TIME_SCALE: '0.01' });
    await expect.poll(() => engine.orders.length, { timeout: 20_000 }).toBeGreaterThan(160);
    engine.answerToSeed = () => ({ status: 507, body: { reason: 'no room' } });
    const { exit, said } = await running;
    expect(exit).toBe(108);
    expect(said).toMatch(/the books of the next phase could not be made: .*no room/);
    expect(engine.orders.length).toBeLessThanOrEqual(171);
  });

  it('seed-orderbooks.js fills the books to the depth that it is told', async () => {
    const shape = { SEED_MODE: 'single', SEED_DEPTH: '20', SEED_LEVELS: '5' };
    expect((await byHand('seed-orderbooks.js', { ME_SHARD_A_URL: url, ...shape })).exit).toBe(0);
    expect(engine.seedBodies.flat()).toHaveLength(80);
    expect(engine.askOrders('TEST-ASSET-A').map(({ orders }) => orders)).toEqual([4, 4, 4, 4, 4]);
    const again = await byHand('seed-orderbooks.js', { ME_SHARD_A_URL: url, ...shape });
    expect(again).toMatchObject({ exit: 0, said: expect.stringContaining('shard a: TEST-ASSET-A is not empty') });
    const wrong = await byHand('seed-orderbooks.js', { ME_SHARD_A_URL: url, SEED_MODE: 'all' });
    expect(wrong).toMatchObject({ exit: 107, said: expect.stringContaining('SEED_MODE=all: allowed is') });
  });
});
