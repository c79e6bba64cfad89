/** The judge is tested by lies: each is a real process that does one thing wrong, and must not get away with it. */
import { describe, expect, it } from 'vitest';
import { quantileOf } from '../../src/stats/quantile.ts';
import { pidOf } from '../pid-of.ts';
import { runShortened } from './run-shortened.ts';

/** 15 s of A2: 255 orders. */
const SHORT = 0.05;
/** 40 s: 680 orders, so 13 slow syncs, and a fifth of the asks taken. */
const LONGER = 0.13;

describe('the judge', () => {
  it('finds nothing to object to in an honest run', async () => {
    const { result, missed } = await runShortened('a2', SHORT);
    expect(missed).toEqual([]);
    expect(result.criteria.map(({ id }) => id)).toEqual(['match-p99', 'http-p99', 'errors', 'gc-pause', 'budget']);
    expect(result.criteria.filter(({ verdict }) => verdict === 'NOT RUN')).toEqual([]);
  });

  it('fails an engine that sleeps 250 ms on 2 % of the orders', async () => {
    const { record, missed } = await runShortened('a2', LONGER, { engine: 'slow' });
    expect(missed).toEqual([]);
    const [asr] = record.judgement.asrs;
    const primary = asr?.criteria.find(({ id }) => id === 'match-p99');
    const [shard] = record.cases[0]?.phases[0]?.shards ?? [];
    expect(shard && quantileOf(shard.matchDuration, 0.99)?.lower).toBeGreaterThan(0.2);
    // A crowded machine turns a failure into INCONCLUSIVE or the case into INVALID, and never into a pass.
    expect(['FAIL', 'INCONCLUSIVE', 'INVALID']).toContain(primary?.verdict);
    if (machineIsOurs(record)) expect(primary?.verdict).toBe('FAIL');
  });

  it('does not count a run whose generator drops 2 % of the orders', async () => {
    const { result, missed } = await runShortened('a2', SHORT, {
      generator: 'test/fixtures/load/dropping-generator.ts',
    });
    expect(missed).toContain('offered load');
    expect(result.verdict).toBe('INVALID');
  });

  it('does not count a run whose book is not replenished', async () => {
    const { result, missed } = await runShortened('a2', LONGER, {
      generator: 'test/fixtures/load/unreplenished-generator.ts',
    });
    expect(missed).toContain('book shape');
    expect(result.verdict).toBe('INVALID');
  });

  it('does not count a run in which a shard was killed', async () => {
    const { result, missed } = await runShortened('a2', SHORT, {
      duringLoad: ({ shards }) => process.kill(pidOf(shards.a), 'SIGKILL'),
    });
    expect(missed).toContain('measurements');
    expect(result.verdict).toBe('INVALID');
  });

  it('does not count a run whose publisher leaves an event out', async () => {
    const { result, missed } = await runShortened('a2', SHORT, { engine: 'skip' });
    expect(missed).toEqual(['agreement']);
    expect(result.verdict).toBe('INVALID');
  });

  it('does not count A4 with a publisher that calls delivered what is not', async () => {
    const { result, missed } = await runShortened('a4', SHORT, { engine: 'no-acks', phaseMsMin: 45_000 });
    expect(missed).toContain('agreement');
    expect(result.verdict).toBe('INVALID');
  });

  it('does not count a run whose engine claims a match too many', async () => {
    const { result, missed } = await runShortened('a2', SHORT, { engine: 'miscount' });
    expect(missed).toEqual(['agreement']);
    expect(result.verdict).toBe('INVALID');
  });
});

function machineIsOurs({
  judgement,
}: {
  judgement: { cases: { checks: { rule: string; ok: boolean }[] }[] };
}): boolean {
  return judgement.cases.every(({ checks }) =>
    checks.every(({ rule, ok }) => ok || (rule !== 'machine' && rule !== 'generator')),
  );
}
