import { describe, expect, it } from 'vitest';
import { CASES, phaseDurationMs, shardsOf } from '../../src/experiment/cases.ts';
import { CRITERIA } from '../../src/experiment/criteria.ts';
import { PHASE_MS_MIN, scaleCase } from '../../src/experiment/scale-case.ts';

describe('the cases', () => {
  it.each([
    ['a1', [120], 50],
    ['a2', [300], 60],
    ['a3', [180, 180, 180], 60],
    ['a4', [180, 180], 60],
    ['b1', [180], 60],
    ['b2', [300], 200],
    ['b3', [600], 300],
    ['b4', [300], 200],
    ['b5', [360], 200],
    ['b6', [1_800], 200],
  ])('%s lasts %j seconds with at most %i requests in flight', (id, seconds, vusMax) => {
    const found = CASES.find((one) => one.id === id);
    expect(found?.phases.map((phase) => phaseDurationMs(phase) / 1_000)).toEqual(seconds);
    expect(found?.vusMax).toBe(vusMax);
  });

  it('are what the criteria rest on', () => {
    const ids = CASES.map(({ id }) => id);
    expect(CRITERIA.flatMap(({ cases }) => cases).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('load shard a alone in ASR 1, and what B5 compares is a flow of shard a', () => {
    for (const { phases } of CASES.filter(({ asr }) => asr === 'asr1'))
      expect(phases.map(shardsOf)).toEqual(phases.map(() => ['a']));
    expect(CASES.find(({ id }) => id === 'b5')?.phases[0]?.flows[0]).toMatchObject({ name: 'steady', shards: ['a'] });
  });
});

describe('a shortened case', () => {
  it.each(CASES.map((one) => [one]))(
    'has no phase below ten seconds, and its rates and seeds untouched: $id',
    (one) => {
      const short = scaleCase(one, 0.001);
      for (const phase of short.phases) expect(phaseDurationMs(phase)).toBeGreaterThanOrEqual(PHASE_MS_MIN - 1);
      const shape = ({ phases }: typeof one) =>
        phases.map(({ seed, flows }) => [
          seed,
          flows.map(({ stages }) => stages.map(({ toPerSecond }) => toPerSecond)),
        ]);
      expect(shape(short)).toEqual(shape(one));
    },
  );

  it('is the case itself at full length', () => {
    for (const one of CASES) expect(scaleCase(one, 1)).toEqual(one);
  });
});
