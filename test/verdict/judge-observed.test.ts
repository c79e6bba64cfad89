import { describe, expect, it } from 'vitest';
import { CASES, type CaseId, phaseDurationMs, shardsOf } from '../../src/experiment/cases.ts';
import type { ShardEvidence } from '../../src/experiment/evidence.ts';
import { judgeObserved, type ObservedCase } from '../../src/verdict/judge-observed.ts';
import { buckets, evidenceOf } from './evidence-builder.ts';

interface Changed {
  timeScale?: number;
  shard?: Partial<ShardEvidence>;
  only?: string[];
  problems?: string[];
}

function observed(caseId: CaseId, { timeScale = 1, shard = {}, only, problems = [] }: Changed = {}) {
  const evidence = evidenceOf(caseId, { timeScale: Math.min(1, timeScale) });
  const [phase] = evidence.phases;
  const [planned] = CASES.find(({ id }) => id === caseId)?.phases ?? [];
  if (phase === undefined || planned === undefined) throw new Error('no such case');
  const shards = phase.shards
    .filter((one) => only?.includes(one.shard) ?? true)
    .map((one, index) => (index === 0 ? { ...one, ...shard } : one));
  const about: ObservedCase = {
    caseId,
    timeScale,
    phase: phase.phase,
    window: { fromMs: phase.startedAtMs, toMs: phase.endedAtMs },
    plannedMs: phaseDurationMs(planned) * timeScale,
    shards,
    problems,
  };
  return judgeObserved(about, shardsOf(planned));
}

const verdicts = ({ criteria }: ReturnType<typeof judgeObserved>) =>
  Object.fromEntries(criteria.map(({ id, verdict }) => [id, verdict]));

describe('what metrics alone say', () => {
  it('is what they can tell of a case of ASR 1, and no more', () => {
    const judged = observed('a2');
    expect(verdicts(judged)).toEqual({
      'match-p99': 'PASS',
      'http-p99': 'NOT RUN',
      errors: 'NOT RUN',
      'gc-pause': 'PASS',
      'depth-p99': 'NOT RUN',
      decoupling: 'NOT RUN',
      budget: 'PASS',
    });
    expect(judged.because).toContain('3 of the 3 criteria that they can answer are met');
    expect(judged.checks.map(({ rule, ok }) => [rule, ok])).toEqual([
      ['stimulus', true],
      ['book shape', true],
      ['measurements', true],
    ]);
  });

  it('is what they can tell of a case of ASR 2', () => {
    expect(verdicts(observed('b2'))).toMatchObject({ throughput: 'PASS', 'shard-p99': 'PASS', scaling: 'NOT RUN' });
    expect(verdicts(observed('b4'))).toMatchObject({ throughput: 'NOT RUN', 'shard-p99': 'PASS' });
  });

  it('may be that a criterion failed', () => {
    const judged = observed('a2', { shard: { matchDuration: buckets([0.2, 0.21, 1_000]) } });
    expect(verdicts(judged)['match-p99']).toBe('FAIL');
  });

  it.each<[string, CaseId, Changed, string]>([
    ['matches are too few', 'a2', { shard: { matches: [[0, 0] as const, [300_000, 10] as const] } }, 'stimulus: '],
    ['the book ran dry', 'a2', { shard: { askDepth: [[0, 100] as const] } }, 'book shape: '],
    [
      'a process began anew',
      'a2',
      { shard: { scrapes: { count: 300, intervalMs: 1_000, longestGapMs: 1_000, resets: 1 } } },
      'measurements: ',
    ],
    ['a shard is missing', 'b2', { only: ['a', 'b'] }, 'stimulus: '],
    ['a series cannot be read', 'a2', { problems: ['STALE: me_matches_total ends'] }, 'measurements: STALE'],
    ['nothing was measured', 'a2', { only: [] }, 'stimulus: '],
  ])('does not count when %s', (_what, caseId, changed, because) => {
    const judged = observed(caseId, changed);
    const asked = judged.criteria.filter(({ verdict }) => verdict !== 'NOT RUN');
    expect(new Set(asked.map(({ verdict }) => verdict))).toEqual(new Set(['INVALID']));
    expect(asked[0]?.because).toContain(`the stretch does not count: ${because}`);
  });

  it('is indicative of a stretch that is shorter than the case, and not of one that is longer', () => {
    expect(observed('a2', { timeScale: 0.5 }).indicative).toBe(true);
    expect(observed('a2', { timeScale: 0.995 }).indicative).toBe(false);
    expect(observed('a2', { timeScale: 1 }).indicative).toBe(false);
  });
});
