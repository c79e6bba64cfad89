import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareQuantiles } from '../../src/stats/bootstrap.ts';
import { differenceInterval, meanInterval } from '../../src/stats/confidence-interval.ts';
import { gainOf, ratesPerMinute, valueAt } from '../../src/stats/counter-series.ts';
import { quantileOf, withSlowest } from '../../src/stats/quantile.ts';
import { rollingGain } from '../../src/stats/rolling.ts';
import type { SparseHistogram } from '../../src/stats/sparse-histogram.ts';
import { theilSenSlope } from '../../src/stats/trend.ts';

const exact = (values: number[]): SparseHistogram => ({
  buckets: [...values].sort((left, right) => left - right).map((value) => [value, value, 1] as const),
  count: values.length,
  sum: 0,
});

describe('quantiles of a histogram', () => {
  test.each([
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
    [0, 1],
    [0.07, 7],
  ])('of 1…100 the %f-quantile is %i', (q, expected) => {
    const histogram = exact(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(quantileOf(histogram, q)).toEqual({ lower: expected, upper: expected, estimate: expected });
  });

  test('an empty or impossible histogram has none', () => {
    expect(quantileOf({ buckets: [], count: 0, sum: 0 }, 0.99)).toBeUndefined();
    expect(quantileOf({ buckets: [[0, 1, 0]], count: 9, sum: 0 }, 0.99)).toBeUndefined();
    expect(quantileOf({ buckets: [[0, 1, -4]], count: 9, sum: 0 }, 0.99)).toBeUndefined();
  });

  test('the bucket above all bounds has no upper one', () => {
    expect(quantileOf({ buckets: [[1, null, 3]], count: 3, sum: 9 }, 0.5)).toEqual({
      lower: 1,
      upper: Number.POSITIVE_INFINITY,
      estimate: 1,
    });
  });

  test('the bounds hold the observation of that rank', () => {
    const values = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1, noNaN: true }), (raw, q) => {
        const width = 250;
        const counts = new Map<number, number>();
        for (const value of raw) {
          const lower = Math.floor(value / width) * width;
          counts.set(lower, (counts.get(lower) ?? 0) + 1);
        }
        const buckets = [...counts].sort(([l], [r]) => l - r).map(([l, count]) => [l, l + width, count] as const);
        const found = quantileOf({ buckets, count: raw.length, sum: 0 }, q);
        const sorted = [...raw].sort((left, right) => left - right);
        const observation = sorted[Math.max(1, Math.ceil(q * raw.length - 1e-9 * raw.length)) - 1];
        expect(found?.lower).toBeLessThanOrEqual(observation ?? Number.NaN);
        expect(found?.upper).toBeGreaterThanOrEqual(observation ?? Number.NaN);
        expect(found?.estimate).toBeGreaterThanOrEqual(found?.lower ?? Number.NaN);
        expect(found?.estimate).toBeLessThanOrEqual(found?.upper ?? Number.NaN);
      }),
    );
  });

  test('what was not measured counts as slowest', () => {
    const histogram = withSlowest(exact([1, 2, 3]), 1);
    expect(quantileOf(histogram, 0.75)?.upper).toBe(3);
    expect(quantileOf(histogram, 0.99)?.upper).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('intervals of means', () => {
  test('a known example: 1, 2, 3, 4, 5', () => {
    const interval = meanInterval([1, 2, 3, 4, 5]);
    expect(interval?.estimate).toBe(3);
    expect(interval?.upper).toBeCloseTo(3 + 2.776 * Math.sqrt(2.5 / 5), 6);
  });

  test('one number has no interval', () => expect(meanInterval([7])).toBeUndefined());

  test('half-widths of a difference add at a right angle', () => {
    const found = differenceInterval({ estimate: 10, lower: 7, upper: 13 }, { estimate: 2, lower: 0, upper: 4 }, 2);
    expect(found).toEqual({ estimate: 6, lower: 1, upper: 11 });
  });
});

describe('comparing two p99s', () => {
  const values = Array.from({ length: 3_000 }, (_, index) => 1_000 + index);

  test('is quick, repeatable, and holds the estimate', () => {
    const started = performance.now();
    const first = compareQuantiles(values, values);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(first).toEqual(compareQuantiles(values, values));
    expect(first?.difference.estimate).toBe(0);
    expect(first?.difference.lower).toBeLessThan(0);
    expect(first?.difference.upper).toBeGreaterThan(0);
    expect(first?.ratio.upper).toBeGreaterThan(1);
  });

  test('agrees with resampling in full', () => {
    // The p99 of n = 3,000 uniform steps has a standard deviation of √(n · 0.99 · 0.01) ≈ 5.45 ranks.
    const half = 1.96 * 5.45 * Math.SQRT2;
    const { difference } = compareQuantiles(values, values) ?? { difference: { lower: 0, upper: 0 } };
    expect(difference.upper).toBeGreaterThan(half * 0.85);
    expect(difference.upper).toBeLessThan(half * 1.2);
    expect(-difference.lower).toBeGreaterThan(half * 0.85);
  });

  test('a shift is found again', () => {
    const shifted = values.map((value) => value + 500);
    const found = compareQuantiles(values, shifted);
    expect(found?.difference.estimate).toBe(500);
    expect(found?.difference.lower).toBeGreaterThan(400);
  });

  test('nothing compares with nothing', () => expect(compareQuantiles([], values)).toBeUndefined());
});

describe('trend', () => {
  test('a line has its slope, and one wild point does not move it', () => {
    const line = Array.from({ length: 12 }, (_, x) => [x, 5 + 3 * x] as const);
    expect(theilSenSlope(line)).toEqual({ estimate: 3, lower: 3, upper: 3 });
    expect(theilSenSlope(line.map(([x, y]) => [x, x === 5 ? 900 : y] as const))?.estimate).toBe(3);
  });

  test('few points have no bounds, and equal ones no slope', () => {
    expect(
      theilSenSlope([
        [0, 0],
        [1, 1],
      ])?.upper,
    ).toBe(Number.POSITIVE_INFINITY);
    expect(
      theilSenSlope([
        [1, 0],
        [1, 1],
      ]),
    ).toBeUndefined();
  });

  test('turning y around turns the slope around', () => {
    const y = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 10, maxLength: 30 });
    fc.assert(
      fc.property(y, (heights) => {
        const up = theilSenSlope(heights.map((height, x) => [x, height] as const));
        const down = theilSenSlope(heights.map((height, x) => [x, -height] as const));
        expect(up?.estimate).toBeCloseTo(-(down?.estimate ?? Number.NaN), 9);
        expect(up?.upper).toBeCloseTo(-(down?.lower ?? Number.NaN), 9);
      }),
    );
  });
});

describe('counters', () => {
  const series = [
    [500, 50],
    [1_500, 150],
    [2_500, 150],
  ] as const;

  test.each([
    [0, 0],
    [250, 25],
    [500, 50],
    [1_000, 100],
    [2_000, 150],
    [9_000, 150],
  ])('at %i ms it stands at %i', (atMs, expected) => expect(valueAt(series, atMs)).toBe(expected));

  test('gains add up, and rates are a minute', () => {
    expect(gainOf([series, series], 500, 1_500)).toBe(200);
    expect(ratesPerMinute([series], { fromMs: 0, toMs: 1_000, batches: 2 })).toEqual([6_000, 6_000]);
  });

  test('a rolling rate tells how long it was too low', () => {
    // 10 a second, but nothing between 100 s and 110 s.
    const counter = Array.from(
      { length: 201 },
      (_, second) => [second * 1_000, 10 * (second - Math.min(10, Math.max(0, second - 100)))] as const,
    );
    const found = rollingGain([counter], { windowMs: 60_000, toMs: 200_000, gainMin: 600 });
    expect(found).toEqual({ lowestGain: 500, longestBelowMs: 69_000 });
    expect(rollingGain([counter], { windowMs: 60_000, toMs: 200_000, gainMin: 500 }).longestBelowMs).toBe(0);
  });
});
