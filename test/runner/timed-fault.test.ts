/** The broker is taken away once, in the middle of a phase, and given back whatever happens. */
import { expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
import { TimedFault } from '../../src/runner/timed-fault.ts';
import { fakeStage } from './fake-stage.ts';

const phase = CASES.find(({ id }) => id === 'a4')?.phases[0];
if (phase === undefined) throw new Error('A4 has no phase');
const never = new AbortController().signal;

it('begins after a third of the load and ends after five sixths, once', async () => {
  const stage = await fakeStage();
  const fault = new TimedFault(stage.target, phase, never);
  for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 1_000) fault.at(elapsedMs);
  expect(stage.calls).toEqual([]);
  for (let elapsedMs = 60_000; elapsedMs < 150_000; elapsedMs += 1_000) fault.at(elapsedMs);
  await expect.poll(() => stage.calls).toEqual(['fault black hole']);
  for (let elapsedMs = 150_000; elapsedMs <= 180_000; elapsedMs += 1_000) fault.at(elapsedMs);
  await expect.poll(() => stage.calls).toEqual(['fault black hole', 'fault ends']);
  await fault.end();
  expect(stage.calls).toEqual(['fault black hole', 'fault ends']);
  expect(fault.evidence(0)).toMatchObject({ kind: 'black hole', means: 'by the test' });
  stage.close();
});

it('is given back then also where it takes long to be away', async () => {
  const stage = await fakeStage();
  let isAway: () => void = () => {};
  const beginFault = () =>
    new Promise<{ means: string; end(): Promise<void> }>((resolve) => {
      isAway = () => resolve({ means: 'late', end: async () => void stage.calls.push('fault ends') });
    });
  const fault = new TimedFault({ ...stage.target, beginFault }, phase, never);
  fault.at(60_000);
  await expect.poll(() => stage.calls).toEqual([]);
  fault.at(149_999);
  isAway();
  await expect.poll(() => fault.evidence(0)).toBeDefined();
  expect(stage.calls).toEqual([]);
  fault.at(150_000);
  await fault.end();
  expect(stage.calls).toEqual(['fault ends']);
  stage.close();
});

it('ends when the load ends early, and is not begun any more', async () => {
  const stage = await fakeStage();
  const fault = new TimedFault(stage.target, phase, never);
  fault.at(61_000);
  await fault.end();
  fault.at(62_000);
  await fault.end();
  expect(stage.calls).toEqual(['fault black hole', 'fault ends']);
  const unbegun = new TimedFault(stage.target, phase, never);
  await unbegun.end();
  expect(unbegun.evidence(0)).toBeUndefined();
  stage.close();
});

it('tells when it was set about, apart from when the broker was away', async () => {
  const stage = await fakeStage();
  let isAway: () => void = () => {};
  const awayMs = new Promise<number>((resolve) => {
    isAway = () => resolve(Date.now());
  });
  const beginFault = async () => {
    const afterMs = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(afterMs);
    isAway();
    return { means: 'slowly', end: async () => {} };
  };
  const fault = new TimedFault({ ...stage.target, beginFault }, phase, never);
  fault.at(61_000);
  await awayMs;
  await fault.end();
  const { askedMs = Number.NaN, fromMs = 0 } = fault.evidence(0) ?? {};
  expect(askedMs).toBeLessThan(fromMs);
  expect(fromMs).toBeGreaterThanOrEqual(await awayMs);
  stage.close();
});

it('tells when it could not be brought about', async () => {
  const stage = await fakeStage();
  const target = { ...stage.target, beginFault: () => Promise.reject(new Error('no proxy')) };
  const fault = new TimedFault(target, phase, never);
  fault.at(61_000);
  await fault.end();
  expect([fault.failure, fault.evidence(0)]).toEqual(['no proxy', undefined]);
  stage.close();
});
