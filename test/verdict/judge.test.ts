import { describe, expect, test } from 'vitest';
import type { CaseId } from '../../src/experiment/cases.ts';
import { CRITERIA, type CriterionId, type Weight } from '../../src/experiment/criteria.ts';
import type { CaseEvidence } from '../../src/experiment/evidence.ts';
import { exitCodeOf } from '../../src/verdict/exit-code.ts';
import { judge } from '../../src/verdict/judge.ts';
import { asrVerdict, casesNeeded } from '../../src/verdict/judge-asr.ts';
import { worstOf } from '../../src/verdict/severity.ts';
import type { AsrVerdict, CriterionResult, Judgement, Verdict } from '../../src/verdict/verdict.ts';
import { buckets, evidenceOf, exactly, withLoad, withPhase, withShard } from './evidence-builder.ts';

const slow = (evidence: CaseEvidence) => withShard(evidence, { matchDuration: exactly(0.4) });
const busy = (evidence: CaseEvidence) =>
  withPhase(evidence, () => ({ machine: { cores: 2, stealShare: 0.2, foreignShare: 0, processes: {} } }));
const judged = (cases: CaseEvidence[], asked?: CaseId[]): Judgement =>
  judge({ cases, notRun: [], timeScale: 1, ...(asked === undefined ? {} : { asked }) });
const verdictOf = ({ asrs }: Judgement, id: CriterionId): Verdict | undefined =>
  asrs.flatMap(({ criteria }) => criteria).find((one) => one.id === id)?.verdict;
const ASR1: CaseId[] = ['a1', 'a2', 'a3', 'a4'];
const ASR2: CaseId[] = ['b1', 'b2', 'b3', 'b4', 'b5'];
const good = (ids: CaseId[]) => ids.map((id) => evidenceOf(id));

describe('a whole run in which all went well', () => {
  const judgement = judged(good([...ASR1, ...ASR2]), [...ASR1, ...ASR2]);

  test('has no verdict where this version cannot run a part', () => {
    expect(judgement.asrs.map(({ verdict, because }) => [verdict, because])).toEqual([
      ['PASS', expect.any(String)],
      [
        'NO VERDICT',
        'no verdict: p99 around each shard addition was not run: three fixed shards: this version of mex cannot add a shard while serving',
      ],
    ]);
    expect(exitCodeOf(judgement, [...ASR1, ...ASR2])).toBe(4);
  });

  test('every case that was asked for is in the answer, in order', () => {
    expect(judgement.cases.map(({ caseId, verdict }) => `${caseId} ${verdict}`)).toEqual([
      'a1 PASS',
      'a2 PASS',
      'a3 PASS',
      'a4 PASS',
      'b1 PASS',
      'b2 PASS',
      'b3 NOT RUN',
      'b4 PASS',
      'b5 PASS',
    ]);
  });

  test('a discarded case shows its checks and no criteria', () => {
    expect(judgement.cases[0]?.checks).toHaveLength(7);
    expect(judgement.cases[0]?.criteria).toEqual([]);
  });

  test('every criterion of the list is judged once', () => {
    expect(judgement.asrs.flatMap(({ criteria }) => criteria.map(({ id }) => id))).toEqual(
      CRITERIA.map(({ id }) => id),
    );
  });
});

describe('a verdict rests on valid evidence', () => {
  test('a FAIL of the primary stands, whatever else is missing', () => {
    const judgement = judged([slow(evidenceOf('a2'))], ASR1);
    expect(judgement.asrs[0]?.verdict).toBe('FAIL');
    expect(judgement.asrs[0]?.because).toMatch(/^match p99 failed: p99 400 ms/);
  });

  test('an invalid case makes its criteria invalid, good or bad', () => {
    for (const evidence of [evidenceOf('a2'), slow(evidenceOf('a2'))]) {
      const judgement = judged([withLoad(evidence, { accepted: 999 })], ASR1);
      expect(verdictOf(judgement, 'match-p99')).toBe('INVALID');
      expect(judgement.asrs[0]?.verdict).toBe('NO VERDICT');
      expect(judgement.cases.find(({ caseId }) => caseId === 'a2')?.verdict).toBe('INVALID');
    }
  });

  test('an invalid baseline leaves scaling without a verdict', () => {
    const cases = [withLoad(evidenceOf('b1'), { accepted: 999 }), evidenceOf('b2')];
    expect(verdictOf(judged(cases, ASR2), 'scaling')).toBe('INVALID');
  });

  test('on a machine that was not ours a slow answer is open, and too few matches are not', () => {
    expect(verdictOf(judged([busy(slow(evidenceOf('a2')))]), 'match-p99')).toBe('INCONCLUSIVE');
    expect(verdictOf(judged([busy(evidenceOf('a2'))]), 'match-p99')).toBe('PASS');
    const refused = withLoad(busy(evidenceOf('a2')), {
      refused: 50,
      sent: 150,
      scheduled: 150,
      lagUs: exactly(1, 150),
    });
    expect(verdictOf(judged([refused]), 'errors')).toBe('FAIL');
  });

  test('the worst repetition decides', () => {
    const twice = [evidenceOf('a2'), slow(evidenceOf('a2', { repetition: 2 }))];
    expect(verdictOf(judged(twice), 'match-p99')).toBe('FAIL');
  });

  test('a repetition that is missing is not run', () => {
    const judgement = judge({ cases: good(['a2']), notRun: [], timeScale: 1, asked: ['a2'], repeat: 3 });
    expect(verdictOf(judgement, 'match-p99')).toBe('NOT RUN');
    expect(exitCodeOf(judgement, ['a2'])).toBe(4);
  });

  test('a case that the run could not start is not run, with the reason', () => {
    const judgement = judge({ cases: [], notRun: [{ caseId: 'a3', reason: 'no disk' }], timeScale: 1, asked: ['a3'] });
    expect(judgement.cases).toMatchObject([{ verdict: 'NOT RUN', because: 'not run: no disk' }]);
  });

  test('a burst that was asked for counts for memory, and is not missed otherwise', () => {
    expect(verdictOf(judged(good(ASR2), ASR2), 'memory')).toBe('PASS');
    expect(verdictOf(judged(good(ASR2), [...ASR2, 'b6']), 'memory')).toBe('NOT RUN');
    expect(verdictOf(judged(good([...ASR2, 'b6']), [...ASR2, 'b6']), 'memory')).toBe('PASS');
  });
});

test('single cases give no verdict on the ASR, and count themselves', () => {
  const judgement = judged(good(['a2']), ['a2']);
  expect(judgement.asrs).toMatchObject([{ asr: 'asr1', verdict: 'NO VERDICT', because: 'only a2 was asked for' }]);
  expect(exitCodeOf(judgement, ['a2'])).toBe(0);
  const failed = judged([slow(evidenceOf('a2'))], ['a2']);
  expect(failed.asrs[0]?.because).toBe(
    'only a2 was asked for; match p99 failed: p99 400 ms (whole); latency budget, by part failed: whole p99 400 ms',
  );
  expect(exitCodeOf(failed, ['a2'])).toBe(3);
});

test('a shortened run is indicative', () => {
  expect(judge({ cases: [], notRun: [], timeScale: 0.05 }).indicative).toBe(true);
  expect(judged([evidenceOf('a2', { timeScale: 0.5 })]).indicative).toBe(true);
  expect(judged(good(['a2'])).indicative).toBe(false);
});

describe('the table of an ASR', () => {
  const result = (weight: Weight, verdict: Verdict): CriterionResult => ({
    id: 'errors',
    asr: 'asr1',
    weight,
    title: weight,
    cases: [],
    verdict,
    found: '1',
    limit: '2',
    because: 'because',
  });
  const table: [Verdict, Verdict, Verdict, AsrVerdict][] = [
    ['PASS', 'PASS', 'PASS', 'PASS'],
    ['PASS', 'WARN', 'PASS', 'PASS'],
    ['PASS', 'PASS', 'WARN', 'PASS'],
    ['PASS', 'PASS', 'FAIL', 'CONDITIONAL PASS'],
    ['PASS', 'PASS', 'INCONCLUSIVE', 'NO VERDICT'],
    ['PASS', 'NOT RUN', 'PASS', 'NO VERDICT'],
    ['PASS', 'INVALID', 'FAIL', 'NO VERDICT'],
    ['PASS', 'FAIL', 'PASS', 'FAIL'],
    ['FAIL', 'PASS', 'PASS', 'FAIL'],
    ['FAIL', 'NOT RUN', 'INVALID', 'FAIL'],
    ['NOT RUN', 'FAIL', 'PASS', 'FAIL'],
    ['INCONCLUSIVE', 'PASS', 'PASS', 'NO VERDICT'],
  ];
  test.each(table)('primary %s, hard %s, secondary %s: %s', (primary, hard, secondary, expected) => {
    const criteria = [result('primary', primary), result('hard', hard), result('secondary', secondary)];
    expect(asrVerdict(criteria).verdict).toBe(expected);
  });
  test('a warning is told', () => {
    expect(asrVerdict([result('hard', 'WARN')]).because).toBe(
      'all 1 criteria are met, with a warning: hard warns: because',
    );
  });
  test('nothing judged is no verdict', () => expect(asrVerdict([]).verdict).toBe('NO VERDICT'));
});

describe('exit codes', () => {
  const asr = (verdict: AsrVerdict): Judgement => ({
    indicative: false,
    cases: [],
    asrs: [{ asr: 'asr1', verdict, because: '', criteria: [] }],
  });
  test.each([
    ['PASS', 0],
    ['CONDITIONAL PASS', 3],
    ['FAIL', 3],
    ['NO VERDICT', 4],
  ] as const)('an ASR that is %s ends with %i', (verdict, code) => expect(exitCodeOf(asr(verdict), ASR1)).toBe(code));

  test.each([
    ['PASS', 0],
    ['WARN', 0],
    ['FAIL', 3],
    ['INCONCLUSIVE', 4],
    ['INVALID', 4],
    ['NOT RUN', 4],
  ] as const)('a case that is %s ends with %i', (verdict, code) => {
    const found = { caseId: 'a2', repetition: 1, verdict, because: '', checks: [], criteria: [] } as const;
    expect(exitCodeOf({ indicative: false, cases: [{ ...found, checks: [], criteria: [] }], asrs: [] }, ['a2'])).toBe(
      code,
    );
  });

  test('nothing asked or nothing found is no verdict', () => {
    expect(exitCodeOf(asr('PASS'), [])).toBe(4);
    expect(exitCodeOf({ indicative: false, cases: [], asrs: [] }, ['a2'])).toBe(4);
    expect(exitCodeOf({ indicative: false, cases: [], asrs: [] }, ASR1)).toBe(4);
  });

  test('the cases an ASR needs', () => {
    expect(casesNeeded('asr1').sort()).toEqual(['a2', 'a3', 'a4']);
    expect(casesNeeded('asr2').sort()).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
  });
});

test('the worst verdict comes first', () => {
  const all: Verdict[] = ['PASS', 'WARN', 'INCONCLUSIVE', 'NOT RUN', 'INVALID', 'FAIL'];
  all.forEach((verdict, index) => {
    expect(worstOf(all.slice(0, index + 1).map((one) => ({ verdict: one })))?.verdict).toBe(verdict);
  });
});

test('empty histograms of everything pass nothing but what says that nothing happened', () => {
  const empty = buckets();
  const evidence = withLoad(
    withShard(evidenceOf('a2'), { matchDuration: empty, matchDurationWindows: [], stages: {}, gcPauses: empty }),
    { latencyFromDueUs: empty },
  );
  const passed = judged([evidence]).cases[0]?.criteria.filter(({ verdict }) => verdict === 'PASS');
  expect(passed?.map(({ id }) => id)).toEqual(['errors', 'gc-pause']);
});
