/** Criteria → the verdict of an ASR, and the sentence that decided. */
import { type AsrId, CASES, type CaseId } from '../experiment/cases.ts';
import { CRITERIA, type Criterion } from '../experiment/criteria.ts';
import { type CheckedCase, judgeCriterion, type Missing } from './judge-criterion.ts';
import { caseOf } from './planned.ts';
import type { AsrResult, CriterionResult, Verdict } from './verdict.ts';

export interface Asked {
  asked: readonly CaseId[];
  checked: readonly CheckedCase[];
  missing: readonly Missing[];
}

const LACKING: readonly Verdict[] = ['INVALID', 'NOT RUN', 'INCONCLUSIVE'];

/** Only ASRs of which a case was asked for. */
export function judgeAsrs(run: Asked): AsrResult[] {
  const asrs = new Set(CASES.filter(({ id }) => run.asked.includes(id)).map(({ asr }) => asr));
  return [...asrs].map((asr) => judgeAsr(asr, run));
}

/** The cases without which an ASR has no verdict: those that its criteria rest on, but for those run on request. */
export function casesNeeded(asr: AsrId): CaseId[] {
  const resting = new Set(CRITERIA.filter((one) => one.asr === asr).flatMap(({ cases }) => cases));
  return [...resting].filter((id) => !caseOf(id).onRequest);
}

function judgeAsr(asr: AsrId, { asked, checked, missing }: Asked): AsrResult {
  const notAsked = casesNeeded(asr).filter((id) => !asked.includes(id));
  const absent = [...missing, ...notAsked.map((caseId) => ({ caseId, reason: 'it was not asked for' }))];
  const criteria = CRITERIA.filter((one) => one.asr === asr).map((one: Criterion) =>
    judgeCriterion(one, checked, absent),
  );
  if (notAsked.length === 0) return { asr, ...asrVerdict(criteria), criteria };
  const ofAsr = asked.filter((id) => caseOf(id).asr === asr);
  const failed = criteria
    .filter(({ verdict }) => verdict === 'FAIL')
    .map(({ title, found }) => `${title} failed: ${found}`);
  const because = [`only ${ofAsr.join(', ')} was asked for`, ...failed].join('; ');
  return { asr, verdict: 'NO VERDICT', because, criteria };
}

/** The table of the specification, top down: the first line that holds decides. */
export function asrVerdict(criteria: readonly CriterionResult[]): Pick<AsrResult, 'verdict' | 'because'> {
  const failed = criteria.filter(({ verdict }) => verdict === 'FAIL');
  const hard = failed.filter(({ weight }) => weight !== 'secondary');
  const lacking = criteria.filter(({ verdict }) => LACKING.includes(verdict));
  const warnings = criteria.filter(({ verdict }) => verdict === 'WARN');
  if (criteria.length === 0) return { verdict: 'NO VERDICT', because: 'no verdict: there is no criterion' };
  if (hard.length > 0) return { verdict: 'FAIL', because: told(hard) };
  if (lacking.length > 0) return { verdict: 'NO VERDICT', because: `no verdict: ${told([...lacking, ...failed])}` };
  if (failed.length > 0) return { verdict: 'CONDITIONAL PASS', because: `all but the secondary: ${told(failed)}` };
  const every = `all ${criteria.length} criteria are met`;
  return { verdict: 'PASS', because: warnings.length > 0 ? `${every}, with a warning: ${told(warnings)}` : every };
}

/** In lower case: a verdict's own word stands only where it is the verdict, so that a mark before it misses none. */
const TOLD: Readonly<Record<Verdict, string>> = {
  PASS: 'passed',
  WARN: 'warns',
  FAIL: 'failed',
  INCONCLUSIVE: 'is inconclusive',
  INVALID: 'has no valid evidence',
  'NOT RUN': 'was not run',
};

function told(criteria: readonly CriterionResult[]): string {
  return criteria.map(({ title, verdict, because }) => `${title} ${TOLD[verdict]}: ${because}`).join('; ');
}
