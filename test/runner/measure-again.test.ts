import { describe, expect, it } from 'vitest';
import { measureAgain } from '../../src/runner/measure-again.ts';
import type { MetricsSource, Sample } from '../../src/telemetry/metrics-source.ts';
import { evidenceOf } from '../verdict/evidence-builder.ts';

/** Counts ten a second from the start of the evidence, of whatever it is asked. */
function sourceFrom(startMs: number, failing: string[] = []): MetricsSource & { asked: [string, number][] } {
  const asked: [string, number][] = [];
  const times = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
    Array.from({ length: Math.floor((toMs - fromMs) / 1_000) + 1 }, (_, index) => fromMs + index * 1_000);
  return {
    name: 'prometheus',
    intervalMsMax: 1_000,
    asked,
    scrapes: async (_target, window) => ({ atMs: times(window), intervalMs: 1_000 }),
    async samples({ target, metric }, window): Promise<Sample[]> {
      asked.push([target, window.toMs - startMs]);
      if (failing.includes(target)) throw new Error(`STALE: ${metric} of ${target}`);
      const isConstant = metric === 'process_start_time_seconds';
      return times(window).map((atMs) => ({ atMs, value: isConstant ? 1 : (atMs - startMs) / 100 }));
    },
    histogram: async () => ({ bounds: [1], samples: [{ atMs: startMs, counts: [0, 0], count: 0, sum: 0 }] }),
  };
}

describe('a kept run that is measured again', () => {
  const kept = evidenceOf('a2');
  const [phase] = kept.phases;
  const startMs = phase?.startedAtMs ?? 0;

  it('has the servers’ side anew, and keeps the client’s, the log’s and the topics’', async () => {
    const { phases, brokenOff } = await measureAgain(kept, sourceFrom(startMs));
    expect(brokenOff).toBeUndefined();
    const [again] = phases;
    expect(again?.load).toBe(phase?.load);
    expect(again?.shards[0]).toMatchObject({
      ordersCounted: 3_020,
      logged: phase?.shards[0]?.logged,
      published: phase?.shards[0]?.published,
    });
  });

  it('is read up to when its counters had come to rest, as far as that is known', async () => {
    const source = sourceFrom(startMs);
    await measureAgain(kept, source);
    expect(source.asked[0]).toEqual(['engine-a', 302_000]);
    const rested = { ...kept, phases: kept.phases.map((one) => ({ ...one, restedAtMs: one.endedAtMs + 700 })) };
    const other = sourceFrom(startMs);
    await measureAgain(rested, other);
    expect(other.asked[0]).toEqual(['engine-a', 300_700]);
  });

  it('measures again what was said around a fault', async () => {
    const faulty = evidenceOf('a4');
    const { phases } = await measureAgain(faulty, sourceFrom(startMs));
    const [before, during] = phases[0]?.shards[0]?.stretches ?? [];
    expect([before?.name, during?.name]).toEqual(['before', 'during']);
    expect(during?.eventsOffered).toBe(900);
  });

  it('is broken off where a shard cannot be read, and stays so where it was before', async () => {
    const { phases, brokenOff } = await measureAgain(evidenceOf('b2'), sourceFrom(startMs, ['engine-b']));
    expect(brokenOff).toBe('steady: shard b could not be measured: STALE: me_matches_total of engine-b');
    expect(phases[0]?.shards.map(({ shard }) => shard)).toEqual(['a', 'c']);
    const before = await measureAgain({ ...kept, brokenOff: 'killed' }, sourceFrom(startMs));
    expect(before.brokenOff).toBe('killed');
  });
});
