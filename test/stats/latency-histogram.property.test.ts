import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/stats/latency-histogram.ts';

const value = fc.oneof(fc.nat(300), fc.nat(100_000), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
const values = fc.array(value, { minLength: 1, maxLength: 300 });

function histogramOf(recorded: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const one of recorded) histogram.record(one);
  return histogram;
}

function exactQuantile(recorded: readonly number[], share: number): number {
  const sorted = [...recorded].sort((left, right) => left - right);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

it('tells a quantile at most 0.8 % above the exact one, and never below it', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (recorded, share) => {
      const exact = exactQuantile(recorded, share);
      const told = histogramOf(recorded).quantile(share) ?? Number.NaN;
      expect(told).toBeGreaterThanOrEqual(exact);
      expect(told - exact).toBeLessThanOrEqual(exact * 0.008);
    }),
  );
});

it('puts each value into exactly one bucket that contains it and is less than 0.8 % wide', () => {
  fc.assert(
    fc.property(value, (one) => {
      const { buckets } = histogramOf([one]).toSparse();
      expect(buckets).toHaveLength(1);
      const [lower, upper, count] = buckets[0] ?? [0, 0, 0];
      expect(count).toBe(1);
      expect(lower).toBeLessThanOrEqual(one);
      expect(upper).toBeGreaterThan(one);
      expect((upper ?? 0) - lower).toBeLessThanOrEqual(Math.max(1, one * 0.008));
    }),
  );
});

it('gives ascending buckets that do not overlap, with the count and the sum of what was recorded', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000)), (recorded) => {
      const { buckets, count, sum } = histogramOf(recorded).toSparse();
      expect(count).toBe(recorded.length);
      expect(sum).toBe(recorded.reduce((total, one) => total + one, 0));
      expect(buckets.reduce((total, [, , inBucket]) => total + inBucket, 0)).toBe(count);
      for (const [index, [lower]] of buckets.entries()) {
        if (index > 0) expect(lower).toBeGreaterThanOrEqual(buckets[index - 1]?.[1] ?? Number.NaN);
      }
    }),
  );
});

it('merges into what recording everything into one would have given', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000)), fc.array(fc.nat(1_000_000)), (left, right) => {
      const merged = histogramOf(left);
      merged.merge(histogramOf(right));
      expect(merged.toSparse()).toEqual(histogramOf([...left, ...right]).toSparse());
      expect(merged.quantile(0.99)).toBe(histogramOf([...left, ...right]).quantile(0.99));
    }),
  );
});

it('has no quantile while it is empty', () => {
  expect(new LatencyHistogram().quantile(0.99)).toBeNull();
});

it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (bad) => {
  expect(() => new LatencyHistogram().record(bad)).toThrow(RangeError);
});
