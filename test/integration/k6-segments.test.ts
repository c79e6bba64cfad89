/** k6 itself, as Jobs run it: held until it is released, several with a share of one schedule, the summary in a frame. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArrivalStage, Phase } from '../../src/experiment/cases.ts';
import { segmentOf } from '../../src/load/k6/job-manifests.ts';
import { k6Command } from '../../src/load/k6/k6-command.ts';
import { K6Load } from '../../src/load/k6/k6-load.ts';
import type { K6End } from '../../src/load/k6/k6-process.ts';
import { SummaryReader } from '../../src/load/k6/summary-frame.ts';
import type { LoadPlan } from '../../src/load/load-plan.ts';
import { FakeEngine } from '../fixtures/load/fake-engine.ts';
import { freePort } from '../free-port.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../k6');
const missing = skipped(noK6 !== undefined, 'load shared by several k6', `${noK6}`);

let engine: FakeEngine;
let url: string;
let folder: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  engine = new FakeEngine();
  url = await engine.start();
  folder = mkdtempSync(join(tmpdir(), 'mex-k6-segments-'));
});
afterEach(() => {
  for (const one of started.splice(0)) one.kill('SIGKILL');
  engine.stop();
  rmSync(folder, { recursive: true });
});

const steady: ArrivalStage[] = [{ durationMs: 1_500, fromPerSecond: 60, toPerSecond: 60 }];
const ramp: ArrivalStage[] = [
  { durationMs: 1_000, fromPerSecond: 5, toPerSecond: 80 },
  { durationMs: 700, fromPerSecond: 80, toPerSecond: 20 },
];

function planOf(...flows: [string, ArrivalStage[]][]): LoadPlan {
  const phase: Phase = {
    name: 'shared',
    flows: flows.map(([name, stages]) => ({ name, shards: ['a'], stages })),
    seed: { ordersPerSymbol: 50, levels: 5 },
  };
  return {
    ...{ idPrefix: 'run-1', k6Script: 'test-asr1-a2-normal-load.js', phase, seed: 7, vusMax: 60, ordersUrl: url },
    ...{ seedUrls: {}, rawFlows: [] },
  };
}

/** Of a k6 that ran: how it ended, and what it said. */
interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  started.push(child);
  const ended = { code: -1, stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    ended.stderr += text;
  });
  const [code] = await once(child, 'close');
  return { ...ended, code };
}

interface Held {
  address: string;
  ended: Promise<Ended>;
}

async function hold(plan: LoadPlan, index: number, jobs: number): Promise<Held> {
  const planFile = join(folder, 'plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const address = `127.0.0.1:${await freePort()}`;
  const script = join(SCRIPTS, plan.k6Script);
  const { argv, env } = k6Command({ script, planFile, testId: undefined, remoteWriteUrl: undefined });
  const [run = '', ...options] = argv;
  const held = [run, '--paused', '--address', address, ...segmentOf(index, jobs), ...options];
  const child = spawn(K6, held, { env: { ...process.env, ...env, SUMMARY: 'framed' } });
  return { address, ended: endOf(child) };
}

const control = ({ address }: Pick<Held, 'address'>, act: string, atMs = 0): Promise<Ended> => {
  const options = ['--quiet', '--no-usage-report', '-e', `ADDRESS=${address}`, '-e', `ACT=${act}`, '-e', `AT=${atMs}`];
  return endOf(spawn(K6, ['run', ...options, join(SCRIPTS, 'lib/control.js')]));
};

/** Runs a plan by several k6, and makes evidence of what they told. */
async function shared(plan: LoadPlan, jobs: number) {
  const held = await Promise.all(Array.from({ length: jobs }, (_, index) => hold(plan, index, jobs)));
  const ready = await Promise.all(held.map((one) => control(one, 'wait')));
  expect(ready.map(({ code }) => code)).toEqual(held.map(() => 0));
  expect(engine.orders).toEqual([]);
  const atMs = Date.now() + 1_500;
  await Promise.all(held.map((one) => control(one, 'release', atMs)));
  const load = new K6Load(plan);
  const ends = (await Promise.all(held.map(({ ended }) => ended))).map(({ code, stdout, stderr }, index): K6End => {
    const lines = load.reader(() => undefined, index);
    lines.take(stderr);
    lines.end();
    const summary = new SummaryReader((text) => createHash('sha256').update(text).digest('hex'));
    const rest = stdout.split('\n').filter((line) => line !== '' && !summary.take(line));
    expect(rest).toEqual([]);
    const { text, problem } = summary.end();
    return { code, signal: null, stdout: text, cpuMs: null, failure: problem };
  });
  return load.run(ends, { trouble: load.troubleOf(ends, new AbortController().signal), notes: [] });
}

/** Without the one more that k6 may begin at the very end. */
const sentOf = (flow: string, scheduled: number): number[] =>
  engine.orders
    .map(({ orderId }) => orderId.split('-'))
    .filter((parts) => parts.at(-2) === flow)
    .map((parts) => Number(parts.at(-1)))
    .filter((n) => n < scheduled)
    .toSorted((left, right) => left - right);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.skipIf(missing)('k6', () => {
  it.each([1, 2, 3])('sends a schedule with a constant rate and one with a ramp, shared by %i', async (jobs) => {
    const { evidence, brokenOff } = await shared(planOf(['steady', steady], ['ramp', ramp]), jobs);
    expect(brokenOff).toBeUndefined();
    const ofRamp = evidence.scheduled - 90;
    expect(sentOf('steady', 90)).toEqual(upTo(90));
    expect(sentOf('ramp', ofRamp)).toEqual(upTo(ofRamp));
    expect(evidence).toMatchObject({ dropped: 0, accepted: engine.orders.length, refused: 0, unknown: 0 });
    expect(evidence.replenished.reads).toBeGreaterThan(0);
    expect(evidence.notes?.filter((note) => note.startsWith('k6 said'))).toEqual([]);
  });

  it('that is told to stop ends in good order, with a summary, and accounts for each order', async () => {
    const plan = planOf(['steady', [{ durationMs: 60_000, fromPerSecond: 20, toPerSecond: 20 }]]);
    const held = await hold(plan, 0, 1);
    await control(held, 'wait');
    await control(held, 'release');
    await expect.poll(() => engine.orders.length).toBeGreaterThan(3);
    expect((await control(held, 'stop')).code).toBe(0);
    const { code, stdout } = await held.ended;
    expect(code).toBe(103);
    expect(stdout).toMatch(/^mex-summary 1\//);
  });

  it('that waits can be stopped before it is released', async () => {
    const held = await hold(planOf(['steady', steady]), 0, 1);
    await control(held, 'wait');
    expect((await control(held, 'stop')).code).toBe(0);
    await held.ended;
    expect(engine.orders).toEqual([]);
  });

  it('that is not there is told by the one that asks', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stderr } = await control({ address }, 'stop');
    expect(code).toBe(107);
    expect(stderr).toContain('k6 answered 0: dial: connection refused');
  });
});
