/** A shard is lost once, half-way, and what comes after it is waited for. */
import { expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
import { runCase } from '../../src/runner/run-case.ts';
import { TimedLoss } from '../../src/runner/timed-loss.ts';
import type { Target } from '../../src/targets/target.ts';
import { fakeStage, NOTHING_SENT } from './fake-stage.ts';

const a2 = CASES.find(({ id }) => id === 'a2');
const phase = a2?.phases[0];
if (phase === undefined) throw new Error('A2 has no phase');
const never = new AbortController().signal;

async function loss(loseShard?: Target['loseShard']): Promise<{ timed: TimedLoss; calls: string[] }> {
  const { target, calls, close } = await fakeStage();
  close();
  const losing =
    loseShard ?? (async (shard) => ({ means: `by the test of ${shard}`, back: async () => void calls.push('back') }));
  const counted: Target['loseShard'] = (shard, signal) => {
    calls.push(`lose ${shard}`);
    return losing(shard, signal);
  };
  return {
    timed: new TimedLoss({ ...target, loseShard: counted }, { phase: phase as never, shard: 'a' }, never),
    calls,
  };
}

it('is lost once, half-way, and ready again at the end', async () => {
  const { timed, calls } = await loss();
  for (let elapsedMs = 0; elapsedMs < 150_000; elapsedMs += 1_000) timed.at(elapsedMs);
  expect(calls).toEqual([]);
  for (let elapsedMs = 150_000; elapsedMs <= 300_000; elapsedMs += 1_000) timed.at(elapsedMs);
  await timed.end();
  expect(calls).toEqual(['lose a', 'back']);
  const found = timed.evidence(0);
  expect(found).toMatchObject({ shard: 'a', means: 'by the test of a' });
  expect(found?.readyMs).toBeGreaterThanOrEqual(found?.fromMs ?? Number.POSITIVE_INFINITY);
  expect(timed.failure).toBeUndefined();
});

it('says when the load ended before', async () => {
  const { timed, calls } = await loss();
  timed.at(149_999);
  await timed.end();
  timed.at(150_000);
  expect(calls).toEqual([]);
  expect([timed.failure, timed.evidence(0)]).toEqual(['shard a was not taken away: the load ended before', undefined]);
});

it('says when it could not be brought about', async () => {
  const { timed } = await loss(() => Promise.reject(new Error('no such pod')));
  timed.at(150_000);
  await timed.end();
  expect([timed.failure, timed.evidence(0)]).toEqual(['no such pod', undefined]);
});

it('says when nothing came after it, and keeps that it was lost', async () => {
  const { timed } = await loss(async () => ({
    means: 'by the test',
    back: () => Promise.reject(new Error('no node')),
  }));
  timed.at(150_000);
  await timed.end();
  expect(timed.failure).toBe('no node');
  expect(timed.evidence(0)).toMatchObject({ readyMs: null });
});

it('leads to the orders without an answer being looked for in the log, by name', async () => {
  const unknown = { ...NOTHING_SENT, unknown: 2, unknownIds: ['x-1', 'x-2'] };
  const stage = await fakeStage({ progressMs: 150_000, run: () => ({ evidence: unknown }) });
  const looked: unknown[] = [];
  stage.target.loseShard = async () => ({ means: 'by the test', back: async () => {} });
  stage.target.countLog = async (_shard, _signal, find) => {
    looked.push(find);
    return { orders: 3, matches: 0, lastSequence: 3, found: 1 };
  };
  const { deployment } = await stage.target.deploy('single', never);
  const request = {
    deployment,
    runId: 'r',
    repetition: 1,
    seed: 1,
    timeScale: 1,
    logFolder: '/nowhere',
    signal: never,
  };
  const quiet = { onProgress: () => {}, onPhase: async () => {} };
  const run = (loseShard?: 'a') =>
    runCase(stage, { case: a2 as never, ...request, ...quiet, ...(loseShard && { loseShard }) });
  expect((await run('a')).phases[0]).toMatchObject({
    loss: { means: 'by the test' },
    shards: [{ logged: { orders: 3, matches: 0, unknown: 1 } }],
  });
  expect((await run()).phases[0]).not.toHaveProperty('loss');
  expect(looked).toEqual([['x-1', 'x-2'], undefined]);
  stage.close();
});
