/** An engine that asks for its admin token, and everything of the experiment that empties or seeds its books. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { EmbeddedDriver } from '../../src/load/embedded/embedded-driver.ts';
import type { LoadPlan } from '../../src/load/load-driver.ts';
import { postJson } from '../../src/runner/post-json.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';
import { startEngineProcess, temporaryFolder } from './engine-process.ts';

const TOKEN = 'a-token-of-this-test';
const { signal } = new AbortController();

const startGuarded = async () => startEngineProcess(await temporaryFolder(), { ADMIN_TOKEN: TOKEN });

function planOf(url: string, adminToken?: string): LoadPlan {
  return {
    idPrefix: 'run-1',
    k6Script: '',
    phase: {
      name: 'steady',
      flows: [{ name: 'orders', shards: ['a'], stages: [{ durationMs: 1_000, fromPerSecond: 50, toPerSecond: 50 }] }],
      seed: { ordersPerSymbol: 20, levels: 5 },
    },
    seed: 7,
    vusMax: 20,
    ordersUrl: url,
    seedUrls: { a: `${url}/seed/a` },
    rawFlows: [],
    ...(adminToken !== undefined && { adminToken }),
  };
}

it('lets a reset pass with the token, and not without', async () => {
  const { url } = await startGuarded();
  await expect(postJson(`${url}/reset`, {}, signal)).rejects.toThrow('answered 401');
  expect(await postJson(`${url}/reset`, {}, signal, TOKEN)).toMatchObject({ status: 'RESET' });
});

it('is seeded and replenished by the embedded driver that knows the token', async () => {
  const { url } = await startGuarded();
  const driver = new EmbeddedDriver();
  await expect(driver.seed(planOf(url), signal)).rejects.toThrow('answered 401');
  const plan = planOf(url, TOKEN);
  await driver.seed(plan, signal);
  const { evidence } = await driver.run(plan, () => undefined, signal);
  expect(evidence.accepted).toBe(50);
  expect(evidence.replenished.orders).toBeGreaterThan(0);
  expect(evidence.replenished.failures).toBe(0);
});

it.skipIf(skipped(noK6 !== undefined, 'the admin token of the k6 scripts', `${noK6}`))(
  'is seeded by the k6 scripts that know the token',
  async () => {
    const { url, call } = await startGuarded();
    const script = resolve(import.meta.dirname, '../../k6/seed-orderbooks.js');
    const settings = { ME_SHARD_A_URL: url, SEED_MODE: 'single', SEED_DEPTH: '20', SEED_LEVELS: '5' };
    const seed = (env: Record<string, string>) => {
      const given = Object.entries({ ...settings, ...env }).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
      return promisify(execFile)(K6, ['run', '--no-usage-report', '--quiet', ...given, script]);
    };
    await seed({}).catch(() => undefined);
    expect((await call('GET', '/book/TEST-ASSET-A')).body.asks).toEqual([]);
    await seed({ ADMIN_TOKEN: TOKEN });
    expect((await call('GET', '/book/TEST-ASSET-A')).body.asks).toHaveLength(5);
  },
);
