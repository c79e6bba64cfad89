/** What is left of a run, with a number of repetitions and as needed. */
import { describe, expect, it } from 'vitest';
import { CASES, type CaseId } from '../../src/experiment/cases.ts';
import type { CaseEvidence } from '../../src/experiment/evidence.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { forgetInvalid, pendingWork, titleOf } from '../../src/runner/pending-work.ts';
import { judgeAgain } from '../../src/runner/run-experiment.ts';
import { recordOf } from '../report/record-builder.ts';
import { evidenceOf, withLoad } from '../verdict/evidence-builder.ts';

const ASKED: CaseId[] = ['a2', 'a4', 'b1'];
const asked = CASES.filter(({ id }) => ASKED.includes(id));
const a2 = evidenceOf('a2');
const quiet = evidenceOf('a4');
const [raw] = quiet.phases[0]?.load.rawLatencies ?? [];
if (raw === undefined) throw new Error('no latencies');
/** Exponential, with a mean of 10 ms. */
const far = raw.offsetMs.map((_, n) => -10_000 * Math.log(1 - ((n * 0.618_033_988_75) % 1)));
const noisy = withLoad(quiet, { rawLatencies: [{ ...raw, latencyUs: far }] });

function recordWith(repeat: RunRecord['config']['repeat'], cases: CaseEvidence[]): RunRecord {
  const record = recordOf(cases, ASKED);
  record.config.repeat = repeat;
  return { ...record, judgement: judgeAgain(record) };
}

function left(repeat: RunRecord['config']['repeat'], cases: CaseEvidence[]): string[] {
  return pendingWork(asked, recordWith(repeat, cases)).map((item) => `${item.case.id}/${item.repetition}`);
}

describe('what is left of a run', () => {
  it('is each case as often as was asked for, whatever the noise', () => {
    expect(left(2, [])).toEqual(['a2/1', 'a2/2', 'a4/1', 'a4/2', 'b1/1', 'b1/2']);
    expect(left(1, [a2, noisy])).toEqual(['b1/1']);
  });

  it('is as needed each case once, and a noisy comparison again before what comes behind it', () => {
    expect(left('as needed', [])).toEqual(['a2/1', 'a4/1', 'b1/1']);
    expect(left('as needed', [a2, quiet])).toEqual(['b1/1']);
    expect(left('as needed', [a2, noisy])).toEqual(['a4/2', 'b1/1']);
    expect(left('as needed', [a2, noisy, { ...noisy, repetition: 2 }])).toEqual(['a4/3', 'b1/1']);
  });

  it('is not another time of a case that does not count', () => {
    const invalid = { ...noisy, brokenOff: 'the broker did not come back' };
    expect(left('as needed', [a2, invalid])).toEqual(['b1/1']);
    expect(left('as needed', [a2, noisy, { ...invalid, repetition: 2 }])).toEqual(['b1/1']);
  });

  it('is the attempt that did not count, once the run goes on', () => {
    const record = recordWith('as needed', [a2, { ...noisy, brokenOff: 'Interrupted by SIGINT' }]);
    forgetInvalid(record);
    expect(record.cases.map(({ caseId }) => caseId)).toEqual(['a2']);
    expect(record.repeated).toMatchObject([{ caseId: 'a4', repetition: 1 }]);
    expect(pendingWork(asked, { ...record, judgement: judgeAgain(record) })[0]).toMatchObject({ repetition: 1 });
  });

  it.each<[RunRecord['config']['repeat'], CaseEvidence[], string]>([
    ['as needed', [], '[1/3] A2 normal load, about 15 min to go'],
    ['as needed', [a2, noisy], '[3/4] A4 broker paused, too noisy yet: 2 of 7 at most, about 10 min to go'],
    [2, [a2], '[2/6] A2 normal load, 2 of 2, about 24 min to go'],
  ])('has a title: %s', (repeat, cases, title) => {
    const record = recordWith(repeat, cases);
    const work = pendingWork(asked, record);
    const [next] = work;
    expect(next && titleOf(next, work, record)).toBe(title);
  });
});
