/** A shard lost on purpose: what may be said of the orders that were acknowledged, on both sides of each limit. */
import { describe, expect, it } from 'vitest';
import type { CaseEvidence, LoadEvidence } from '../../src/experiment/evidence.ts';
import { durabilityOf } from '../../src/verdict/durability.ts';
import { exitCodeOf } from '../../src/verdict/exit-code.ts';
import { judge } from '../../src/verdict/judge.ts';
import { evidenceOf, withLoad, withPhase, withShard } from './evidence-builder.ts';

const LOSS = { shard: 'a', means: 'by the test', fromMs: 150_400, readyMs: 158_900 } as const;

/** A2 with a loss, of so many orders acknowledged, without an answer, in the log. */
function lost(accepted: number, unknown: number, logged: number | null, answers: LoadEvidence['answers'] = {}) {
  const with2 = withLoad(evidenceOf('a2'), { accepted, unknown, answers });
  const read =
    logged === null ? { logged: null, loggedWhyNot: 'the disk is gone' } : { logged: { orders: logged, matches: 0 } };
  return withPhase(withShard(with2, read), () => ({ loss: LOSS }));
}

/** Those without an answer were looked for, and so many of them found. */
function named(accepted: number, unknown: number, logged: number, found: number): CaseEvidence {
  const unknownIds = Array.from({ length: unknown }, (_, index) => `x-${index}`);
  const evidence = withLoad(lost(accepted, unknown, logged), { unknownIds });
  return withShard(evidence, { logged: { orders: logged, matches: 0, unknown: found } });
}

function events(published: { problems: string[] } | null): CaseEvidence {
  const some = { orders: 100, matches: 0, repeated: 0 };
  return withShard(lost(100, 0, 100), { published: published && { ...some, ...published } });
}

describe('the orders of a shard that was lost', () => {
  it.each<[string, CaseEvidence, string, [number, number]]>([
    ['all there', lost(100, 0, 100), 'PASS', [0, 0]],
    ['all there, with all that had no answer', lost(100, 5, 105), 'PASS', [0, 0]],
    [
      'all there, those without an answer never having been sent',
      lost(100, 5, 100, { ECONNREFUSED: 5 }),
      'PASS',
      [0, 0],
    ],
    ['one missing', lost(100, 0, 99), 'FAIL', [1, 1]],
    ['one missing at least, more where some without an answer are in the log', lost(100, 5, 99), 'FAIL', [1, 6]],
    ['all missing', lost(100, 0, 0), 'FAIL', [100, 100]],
    ['some that may be missing behind those without an answer', lost(100, 5, 103), 'INCONCLUSIVE', [0, 2]],
    ['as many as acknowledged, with open ones', lost(100, 2, 100, { ECONNRESET: 2 }), 'INCONCLUSIVE', [0, 2]],
    ['all there, those without an answer looked for', named(100, 5, 103, 3), 'PASS', [0, 0]],
    ['two missing, covered by as many without an answer', named(100, 5, 103, 5), 'FAIL', [2, 2]],
    [
      'those without an answer not all kept by name',
      withLoad(named(100, 5, 103, 3), { unknownIds: ['x'] }),
      'INCONCLUSIVE',
      [0, 2],
    ],
    ['more than there should be', lost(100, 0, 101), 'INCONCLUSIVE', [0, 100]],
    ['all there, their events not', events({ problems: ['3 are missing'] }), 'FAIL', [0, 0]],
    ['all there, their events not to be read', events(null), 'INCONCLUSIVE', [0, 0]],
    ['not to be read', lost(100, 0, null), 'INVALID', [0, 100]],
    ['none at all', lost(0, 0, 0), 'INVALID', [0, 0]],
    ['of no shard', withPhase(lost(100, 0, 100), () => ({ shards: [] })), 'INVALID', [0, 100]],
  ])('%s', (_what, evidence, verdict, [lostMin, lostMax]) => {
    expect(durabilityOf(evidence)).toMatchObject({ verdict, lostMin, lostMax });
  });

  it('are not spoken of where nothing was lost on purpose', () => {
    expect(durabilityOf(evidenceOf('a2'))).toBeUndefined();
    expect(judge({ cases: [evidenceOf('a2')], notRun: [], timeScale: 1 }).cases[0]).not.toHaveProperty('durability');
  });

  it('are accepted again by the end of the first second that has one, and its slowest answer', () => {
    const second = (sent: number, failed: number) => ({ sent, failed, p50Us: 1_000, p99Us: 250_000 });
    const seconds = Array.from({ length: 300 }, (_, at) => second(17, at >= 150 && at < 159 ? 17 : at === 159 ? 9 : 0));
    const evidence = withLoad(lost(100, 0, 100), { seconds });
    expect(durabilityOf(evidence)).toMatchObject({ acceptedAgainMs: 160_000 + 250 - 150_400, readyMs: 8_500 });
    const never = withLoad(evidence, { seconds: seconds.map((one, at) => (at > 150 ? second(17, 17) : one)) });
    expect(durabilityOf(never)).toMatchObject({ acceptedAgainMs: null });
    const noGap = withLoad(evidence, { seconds: seconds.map(() => second(17, 0)) });
    expect(durabilityOf(noGap)).toMatchObject({ acceptedAgainMs: null });
  });
});

describe('a case with such a loss', () => {
  const judged = (evidence: CaseEvidence) => judge({ cases: [evidence], notRun: [], timeScale: 1, asked: ['a2'] });

  it('never counts, and gives no verdict, though nothing of it was lost', () => {
    const judgement = judged(lost(100, 0, 100));
    expect(judgement.cases[0]).toMatchObject({
      verdict: 'INVALID',
      because: expect.stringContaining('shard a was lost on purpose: by the test'),
      durability: { verdict: 'PASS' },
    });
    expect(judgement.cases[0]?.criteria.map(({ verdict }) => verdict)).not.toContain('PASS');
    expect(exitCodeOf(judgement, ['a2'])).toBe(4);
  });

  it('fails where an acknowledged order is lost, whatever else it is', () => {
    const judgement = judged(lost(100, 0, 99));
    expect(judgement.cases[0]).toMatchObject({
      verdict: 'FAIL',
      because: 'ACKNOWLEDGED ORDERS ARE LOST, 1 of them: 100 orders acknowledged, 99 in the log',
    });
    expect(exitCodeOf(judgement, ['a2'])).toBe(3);
    expect(judged({ ...lost(100, 0, 99), brokenOff: 'no power' }).cases[0]).toMatchObject({ verdict: 'FAIL' });
  });
});
