import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CASES, phaseDurationMs } from '../../src/experiment/cases.ts';
import { arrivalSchedule, dueOffsetsMs } from '../../src/load/arrival-schedule.ts';

const stage = (durationMs: number, fromPerSecond: number, toPerSecond = fromPerSecond) => ({
  durationMs,
  fromPerSecond,
  toPerSecond,
});

const MINUTE_MS = 60_000;

describe('counts', () => {
  it.each([
    ['17/s for 5 minutes', [stage(5 * MINUTE_MS, 17)], 5_100],
    ['500 a minute for 2 minutes', [stage(2 * MINUTE_MS, 500 / 60)], 1_000],
    ['84/s for 30 minutes', [stage(30 * MINUTE_MS, 84)], 151_200],
    ['a ramp from 17/s to 42/s over 2 minutes', [stage(2 * MINUTE_MS, 17, 42)], 3_540],
    ['a ramp down to zero', [stage(10_000, 20, 0)], 100],
    ['nothing, then 67/s', [stage(3 * MINUTE_MS, 0), stage(3 * MINUTE_MS, 67)], 12_060],
    ['nothing at all', [stage(MINUTE_MS, 0)], 0],
    ['the first orders of a stage of no length', [stage(0, 5), stage(1_000, 5)], 5],
  ])('has exactly the orders of %s', (_, stages, count) => {
    expect(dueOffsetsMs(stages)).toHaveLength(count);
  });

  it.each([
    ['a1', 1_000],
    ['a2', 5_100],
    ['a3', 3_060],
    ['b2', 25_200],
    ['b3', 17 * 120 + 29.5 * 120 + 63 * 120 + 84 * 240],
    ['b5', 17 * 360 + 67 * 180],
  ])('has the orders that case %s is about', (id, count) => {
    const phase = CASES.find((one) => one.id === id)?.phases[0];
    expect(arrivalSchedule(phase?.flows ?? [])).toHaveLength(count);
  });
});

it('spaces a constant rate evenly from the very start', () => {
  expect(dueOffsetsMs([stage(1_000, 4)])).toEqual([0, 250, 500, 750]);
});

it('starts a stage that follows silence at the stage, not before', () => {
  expect(dueOffsetsMs([stage(500, 0), stage(500, 4)])).toEqual([500, 750]);
});

it('follows a ramp: a quarter of the orders of 0 to 8/s come in the first half', () => {
  const dues = dueOffsetsMs([stage(10_000, 0, 8)]);
  expect(dues).toHaveLength(40);
  expect(dues.filter((dueMs) => dueMs < 5_000)).toHaveLength(10);
});

it('is ascending, within the stages, and as many as the rates say, for any stages', () => {
  const rate = fc.oneof(fc.constant(0), fc.nat(200), fc.double({ min: 0, max: 200, noNaN: true }));
  const stages = fc.array(
    fc.record({ durationMs: fc.integer({ min: 1, max: 20_000 }), fromPerSecond: rate, toPerSecond: rate }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(stages, (several) => {
      const dues = dueOffsetsMs(several);
      const plannedMs = several.reduce((sum, { durationMs }) => sum + durationMs, 0);
      const expected = several.reduce(
        (sum, { durationMs, fromPerSecond, toPerSecond }) => sum + (durationMs * (fromPerSecond + toPerSecond)) / 2_000,
        0,
      );
      expect(Math.abs(dues.length - expected)).toBeLessThan(1 + 1e-3);
      expect(dues.every((dueMs, index) => dueMs >= (dues[index - 1] ?? 0) && dueMs <= plannedMs)).toBe(true);
    }),
  );
});

it('merges flows in due order and leaves none out', () => {
  const phase = CASES.find(({ id }) => id === 'b5')?.phases[0];
  const arrivals = arrivalSchedule(phase?.flows ?? []);
  expect(arrivals.every(({ dueMs }, index) => dueMs >= (arrivals[index - 1]?.dueMs ?? 0))).toBe(true);
  for (const flowIndex of [0, 1]) {
    const own = arrivals.filter((arrival) => arrival.flowIndex === flowIndex);
    expect(own.map(({ n }) => n)).toEqual(own.map((_, index) => index));
  }
  expect(arrivals.at(-1)?.dueMs).toBeLessThan(phase ? phaseDurationMs(phase) : 0);
});
