import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { K6Driver } from '../../../src/load/k6/k6-driver.ts';
import type { LoadPlan } from '../../../src/load/load-plan.ts';

const FAKE = resolve(import.meta.dirname, '../../fixtures/load/fake-k6.ts');
const never = new AbortController().signal;
let folder: string;
let driver: K6Driver;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mex-fake-k6-'));
  const program = join(folder, 'k6');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${FAKE}" "$@"\n`);
  chmodSync(program, 0o755);
  driver = new K6Driver({ k6: program });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Ten orders in 100 ms. */
const planOf = (idPrefix: string): LoadPlan => ({
  idPrefix,
  k6Script: 'test-asr1-a2-normal-load.js',
  phase: {
    name: 'steady',
    flows: [{ name: 'orders', shards: ['a'], stages: [{ durationMs: 100, fromPerSecond: 100, toPerSecond: 100 }] }],
    seed: { ordersPerSymbol: 1, levels: 1 },
  },
  seed: 1,
  vusMax: 1,
  ordersUrl: 'http://127.0.0.1:1',
  seedUrls: {},
  rawFlows: ['orders'],
});
const run = (idPrefix: string, signal = never) => driver.run(planOf(idPrefix), () => undefined, signal);

it('makes of what the script tells the same evidence as the generator', async () => {
  const { evidence, brokenOff } = await run('fine');
  expect(brokenOff).toBeUndefined();
  expect(evidence).toMatchObject({ scheduled: 10, sent: 10, dropped: 0, accepted: 10, answers: { 200: 10 } });
  expect(evidence.replenished).toEqual({ orders: 7, reads: 5, failures: 0, blockedLevels: 0 });
  expect(evidence.rawLatencies).toEqual([
    { flow: 'orders', offsetMs: Array.from({ length: 10 }, (_, n) => n * 10), latencyUs: Array(10).fill(2_500) },
  ]);
});

it('leaves thresholds to the verdict', async () => {
  expect((await run('threshold crossed')).brokenOff).toBeUndefined();
});

it('counts what k6 dropped', async () => {
  expect((await run('dropped')).evidence).toMatchObject({ scheduled: 10, sent: 8, dropped: 2 });
});

it.each([
  ['threw', 'k6 counted 10 iterations, and its script told of 6 orders'],
  ['no summary', 'k6 left no summary'],
  ['killed', 'k6 was ended by SIGKILL'],
  ['rotten line', expect.stringContaining('expected')],
])('does not count a run that k6 ends with 0 or worse: %s', async (idPrefix, brokenOff) => {
  expect((await run(idPrefix)).brokenOff).toEqual(brokenOff);
});

it.each([
  ['script broken', 'k6 sent nothing: k6 ended with 107: its script threw an exception: SyntaxError: unexpected token'],
  ['silent', 'k6 sent nothing: no order was told'],
])('is an error where nothing was sent: %s', async (idPrefix, message) => {
  await expect(run(idPrefix)).rejects.toMatchObject({ code: 'K6_FAILED', exit: 5, message });
});

it('is an error where there is no k6', async () => {
  const missing = new K6Driver({ k6: join(folder, 'nowhere') });
  await expect(missing.run(planOf('fine'), () => undefined, never)).rejects.toMatchObject({
    code: 'K6_FAILED',
    message: expect.stringContaining('could not be started'),
  });
});

it('ends k6 when mex is gone', async () => {
  const keeper = resolve(import.meta.dirname, '../../../src/load/k6/k6-keeper.ts');
  const planFile = join(folder, 'waiting-plan.json');
  writeFileSync(planFile, JSON.stringify(planOf('waits')));
  const child = fork(keeper, [join(folder, 'k6'), `PLAN=${planFile}`], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [{ pid }] = (await once(child, 'message')) as [{ pid: number }];
  child.disconnect();
  await exited;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

it('keeps what was measured when it is told to stop', async () => {
  const stop = new AbortController();
  const told: number[] = [];
  const running = driver.run(planOf('waits'), ({ sent }) => void told.push(sent), stop.signal);
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(5);
  stop.abort(new Error('Interrupted by SIGINT'));
  expect(await running).toMatchObject({ brokenOff: 'the load was stopped', evidence: { sent: 5 } });
});
