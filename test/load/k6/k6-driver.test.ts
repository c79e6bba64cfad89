import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { identify } from '../../../src/exec/process-identity.ts';
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
  const { brokenOff, evidence } = await run('threshold crossed');
  expect(brokenOff).toBeUndefined();
  expect(evidence.notes).toBeUndefined();
});

it.each([
  ['dropped', { scheduled: 10, sent: 8, dropped: 2 }],
  ['began one more', { scheduled: 10, sent: 11, dropped: 0 }],
  ['dropped the one more', { scheduled: 10, sent: 10, dropped: 0 }],
  ['dropped one and began one more', { scheduled: 10, sent: 11, dropped: 1 }],
])('counts what k6 left out of the schedule, and one more at its end is none of that: %s', async (idPrefix, counts) => {
  const { evidence, brokenOff } = await run(idPrefix);
  expect(brokenOff).toBeUndefined();
  expect(evidence).toMatchObject(counts);
});

it('says that due times are less certain behind an order that was dropped', async () => {
  expect((await run('dropped')).evidence.notes).toEqual([
    expect.stringContaining('k6 dropped 2 orders of flow orders'),
  ]);
  expect((await run('fine')).evidence.notes).toBeUndefined();
});

it.each([
  ['threw', 'k6 counted 10 iterations, and its script told of 6 orders: Error: boom at default (file:///k6/script.js'],
  ['cut off', 'k6 sent 10 orders, and its script told what became of 8'],
  ['no summary', 'k6 left no summary'],
  ['killed', 'k6 was ended by SIGKILL'],
  ['rotten line', 'its script told what mex does not understand: '],
])('does not count a run that k6 ends with 0 or worse: %s', async (idPrefix, brokenOff) => {
  expect((await run(idPrefix)).brokenOff).toContain(brokenOff);
});

it.each([
  [97, 'its run in the cloud failed'],
  [98, 'it could not learn how its run in the cloud went on'],
  [100, 'its setup took too long'],
  [101, 'its teardown took too long'],
  [102, 'it took too long'],
  [103, 'its engine failed'],
  [104, 'its options are not valid'],
  [105, 'it was stopped from outside'],
  [106, 'its REST API could not be started'],
  [107, 'its script threw an exception'],
  [108, 'its script aborted the test'],
  [109, 'k6 panicked'],
  [110, 'its script marked the test as failed'],
  [129, 'it was hung up'],
  [255, 'its command line is not valid'],
  [42, 'an exit code that this mex does not know'],
])('does not count a run that ends with %i though every order was told', async (code, meaning) => {
  const { brokenOff, evidence } = await run(`ends with ${code}`);
  expect(brokenOff).toBe(`k6 ended with ${code}: ${meaning}`);
  expect(evidence.accepted).toBe(10);
});

it.each([
  ['script broken', 'k6 sent nothing: k6 ended with 107: its script threw an exception: SyntaxError: unexpected token'],
  ['silent', 'k6 sent nothing: no order was told'],
  ['panics', 'k6 sent nothing: k6 ended with 2: an exit code that this mex does not know: goroutine 1 [running]:'],
  [
    'threw in every iteration',
    'k6 sent nothing: k6 counted 10 iterations, and its script told of 0 orders: Error: boom',
  ],
])('is an error where nothing was sent: %s', async (idPrefix, message) => {
  await expect(run(idPrefix)).rejects.toMatchObject({ code: 'K6_FAILED', exit: 5, message });
});

describe('its metrics', () => {
  const url = 'http://127.0.0.1:9/api/v1/write';
  const saidOf = async (about: Partial<LoadPlan>) => {
    const plan = { ...planOf('tells its call'), testId: '20261122-231500-k3f9/a2/steady', ...about };
    const { evidence } = await new K6Driver({ k6: join(folder, 'k6') }).run(plan, () => undefined, never);
    return (evidence.notes ?? []).map((note) => note.replace('k6 said once: ', ''));
  };

  it('are pushed where a URL says, each second, by few and telling tags', async () => {
    const said = await saidOf({ remoteWriteUrl: url });
    expect(said[0]).toContain(' -o experimental-prometheus-rw --tag testid=20261122-231500-k3f9/a2/steady ');
    expect(said).toEqual(
      expect.arrayContaining([
        `K6_PROMETHEUS_RW_SERVER_URL=${url}`,
        'K6_PROMETHEUS_RW_TREND_STATS=p(50),p(95),p(99),max,count',
        'K6_PROMETHEUS_RW_PUSH_INTERVAL=1s',
        'K6_PROMETHEUS_RW_STALE_MARKERS=true',
      ]),
    );
  });

  it('are pushed nowhere without one', async () => {
    const said = await saidOf({});
    expect(said[0]).toContain('argv run --quiet ');
    expect(said.join()).not.toMatch(/prometheus/i);
  });

  it('that are refused are told, and count for nothing', async () => {
    const plan = { ...planOf('remote write refused'), remoteWriteUrl: 'http://me:secret@127.0.0.1:9/write' };
    const { evidence, brokenOff } = await new K6Driver({ k6: join(folder, 'k6') }).run(plan, () => undefined, never);
    expect(brokenOff).toBeUndefined();
    expect(evidence.notes).toEqual([
      'k6 said once: Insufficient VUs',
      "k6's remote write to http://127.0.0.1:9/write complained 3 times, last: " +
        'Stopping output 0 failed: marking time series as stale failed: connection refused. ' +
        'Its series in that Prometheus have gaps there; what mex measured does not come from them',
    ]);
  });
});

it('tells what k6 complained of, and no more than a page can hold', async () => {
  const { evidence } = await run('talks much');
  expect(evidence.notes).toEqual([
    'k6 said 2 times: complaint 0',
    ...[1, 2, 3, 4].map((n) => `k6 said once: complaint ${n}`),
    'k6 said 2 more things; its log has them',
  ]);
});

describe('what k6 left', () => {
  const kept = () => readdirSync(join(folder, 'logs')).sort();
  const runKeeping = (idPrefix: string, name: string) => {
    const plan = { ...planOf(idPrefix), logs: { folder: join(folder, 'logs'), name } };
    return driver.run(plan, () => undefined, never);
  };
  afterEach(() => rmSync(join(folder, 'logs'), { recursive: true }));

  it('is kept with the run: its summary, and what it said without the orders', async () => {
    await runKeeping('threshold crossed', 'a2-steady-r1');
    expect(kept()).toEqual(['k6-a2-steady-r1.log', 'k6-a2-steady-r1.summary.json']);
    const summary = JSON.parse(readFileSync(join(folder, 'logs/k6-a2-steady-r1.summary.json'), 'utf8'));
    expect(summary.metrics['iterations{scenario:steady_orders}'].values.count).toBe(10);
    const lines = readFileSync(join(folder, 'logs/k6-a2-steady-r1.log'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      expect.stringMatching(/^mex runs: .*k6 run --quiet .* .*test-asr1-a2-normal-load\.js$/),
      expect.stringContaining('have been crossed'),
      'mex: k6 ended with 99',
    ]);
  });

  it('is kept also where nothing was sent, and says why', async () => {
    await expect(runKeeping('script broken', 'a2-steady-r1')).rejects.toThrow('SyntaxError');
    expect(kept()).toEqual(['k6-a2-steady-r1.log']);
    const text = readFileSync(join(folder, 'logs/k6-a2-steady-r1.log'), 'utf8');
    expect(text).toContain('SyntaxError: unexpected token');
    expect(text).toContain('mex: k6 ended with 107: its script threw an exception');
  });

  it('of one attempt is not written over by the next', async () => {
    await runKeeping('killed', 'a2-steady-r1');
    await runKeeping('fine', 'a2-steady-r1');
    expect(kept()).toEqual([
      'k6-a2-steady-r1-attempt2.log',
      'k6-a2-steady-r1-attempt2.summary.json',
      'k6-a2-steady-r1.log',
    ]);
  });
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

it('ends k6 when its keeper is killed', async () => {
  let pids: number[] = [];
  const plan = planOf('waits');
  const running = driver.run(
    plan,
    () => {
      pids = childrenOf(process.pid).flatMap((keeper) => [keeper, ...childrenOf(keeper)]);
    },
    never,
  );
  await expect.poll(() => pids.length, { timeout: 10_000 }).toBe(2);
  const [keeper, k6] = pids;
  if (keeper === undefined || k6 === undefined) throw new Error('no keeper and no k6');
  process.kill(keeper, 'SIGKILL');
  expect(await running).toMatchObject({ brokenOff: 'the keeper of k6 ended without a word: pid '.concat(`${k6}`) });
  // Its parent is gone: the dead one may wait to be collected.
  await expect.poll(() => identify(k6)).toBeUndefined();
});

it('gives k6 a process group of its own, which no Ctrl-C of a terminal reaches', async () => {
  let k6: number | undefined;
  const stop = new AbortController();
  const look = () => {
    k6 = childrenOf(process.pid).flatMap(childrenOf)[0];
  };
  const running = driver.run(planOf('waits'), look, stop.signal);
  await expect.poll(() => k6, { timeout: 10_000 }).toBeGreaterThan(0);
  const [, , group] = statOf(k6 ?? 0);
  expect(group).toBe(String(k6));
  stop.abort(new Error('enough'));
  await running;
});

it('keeps what was measured when it is told to stop', async () => {
  const stop = new AbortController();
  const told: number[] = [];
  const running = driver.run(planOf('waits'), ({ sent }) => void told.push(sent), stop.signal);
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(5);
  stop.abort(new Error('Interrupted by SIGINT'));
  const { brokenOff, evidence } = await running;
  expect(brokenOff).toMatch(/^the load was stopped/);
  expect(evidence.sent).toBe(5);
});

/** State, parent, process group … of a process. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return statOf(pid)[1] === String(parent);
    } catch {
      return false;
    }
  });
}
