import { describe, expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
import { difference, measureShard } from '../../src/runner/measure-shard.ts';
import type { HistogramSeries, MetricsSource, Sample, Selector } from '../../src/telemetry/metrics-source.ts';

const series: HistogramSeries = {
  bounds: [0.001, 0.01],
  samples: [
    { atMs: 0, counts: [5, 1, 0], count: 6, sum: 1 },
    { atMs: 1_000, counts: [7, 1, 0], count: 8, sum: 2 },
    { atMs: 2_000, counts: [7, 4, 1], count: 12, sum: 5 },
  ],
};

describe('what a histogram gained between two instants', () => {
  it('leaves out what was there before, and empty buckets', () => {
    expect(difference(series, 0, 1_000)).toEqual({ buckets: [[0, 0.001, 2]], count: 2, sum: 1 });
  });

  it('gives what lies above every bound no upper bound', () => {
    expect(difference(series, 1_500, 2_500).buckets).toEqual([
      [0.001, 0.01, 3],
      [0.01, null, 1],
    ]);
  });

  it('is nothing where there are no samples', () => {
    expect(difference({ bounds: [1], samples: [] }, 0, 1)).toEqual({ buckets: [], count: 0, sum: 0 });
  });
});

const [phase] = CASES.find(({ id }) => id === 'a2')?.phases ?? [];

/** One value a second from 9 s to 14 s; the phase lasts from 10 s to 13 s. */
function sourceOf(values: Record<string, number[]>): MetricsSource {
  const times = [9_000, 10_000, 11_000, 12_000, 13_000, 14_000];
  const samples = async ({ metric }: Selector): Promise<Sample[]> =>
    times.map((atMs, index) => ({ atMs, value: (values[metric] ?? [])[index] ?? 0 }));
  return {
    name: 'collector',
    intervalMsMax: 1_000,
    scrapes: async (_target, { fromMs, toMs }) => ({
      atMs: times.filter((atMs) => atMs >= fromMs && atMs <= toMs),
      intervalMs: 1_000,
    }),
    samples,
    histogram: async () => ({ bounds: [1], samples: [{ atMs: 9_000, counts: [0, 0], count: 0, sum: 0 }] }),
  };
}

describe('what one shard says of a phase', () => {
  const window = { fromMs: 9_500, toMs: 13_000, restedMs: 14_000 };
  const measure = (values: Record<string, number[]>) => {
    if (phase === undefined) throw new Error('A2 has a phase');
    return measureShard(sourceOf(values), 'a', phase, window);
  };

  it('counts from the last scrape before the phase to rest', async () => {
    const { matchesCounted, matches } = await measure({ me_matches_total: [100, 110, 120, 130, 140, 145] });
    expect(matchesCounted).toBe(45);
    expect(matches[0]).toEqual([0, 0]);
    expect(matches.at(-1)).toEqual([4_500, 45]);
  });

  it('sees a counter that falls, and a process that began anew, as resets', async () => {
    expect((await measure({ me_matches_total: [100, 110, 3, 4, 5, 6] })).scrapes.resets).toBe(1);
    expect((await measure({ process_start_time_seconds: [1, 1, 1, 2, 2, 2] })).scrapes.resets).toBe(1);
    expect((await measure({ me_matches_total: [1, 2, 2, 2, 2, 2] })).scrapes.resets).toBe(0);
  });

  it('measures gaps from the phase’s own edges', async () => {
    const { scrapes } = await measure({});
    expect(scrapes).toMatchObject({ count: 4, longestGapMs: 1_000 });
  });

  it('knows what the seed made of the books', async () => {
    expect(await measure({})).toMatchObject({ askDepthSeeded: 2_000, askLevelsSeeded: 200 });
  });
});
