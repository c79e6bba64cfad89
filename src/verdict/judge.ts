/**
 * Evidence → verdicts. Pure: the same evidence gives the same judgement, today and next year.
 *
 * Guarantees: absent evidence never passes; a case that was asked for is in the answer, run or not; a FAIL that stands
 * on valid evidence is not hidden by what else is missing.
 */
import { CASES, type CaseId } from '../experiment/cases.ts';
import { CRITERIA, type Criterion, type Repeat } from '../experiment/criteria.ts';
import type { CaseEvidence } from '../experiment/evidence.ts';
import { COMPARISONS } from './criteria/comparisons.ts';
import { durabilityOf } from './durability.ts';
import { judgeAsrs } from './judge-asr.ts';
import { type CheckedCase, judgeCriterion, type Missing } from './judge-criterion.ts';
import { caseOf, isShortened } from './planned.ts';
import { worstOf } from './severity.ts';
import { checkValidity, whyInvalid } from './validity.ts';
import type { CaseResult, Judgement } from './verdict.ts';

export interface JudgedRun {
  cases: readonly CaseEvidence[];
  notRun: readonly Missing[];
  timeScale: number;
  /** The cases that were asked for; without it, those that there is evidence or a reason of. */
  asked?: readonly CaseId[];
  /** Repetitions that were asked for. */
  repeat?: Repeat;
}

export function judge(run: JudgedRun): Judgement {
  const asked = askedOf(run);
  const checked = run.cases.map(checkCase);
  const missing = missingOf(run, asked);
  const order = CASES.map(({ id }) => id);
  const cases = [...checked.map(caseResult), ...missing.map(notRunResult)].sort(
    (left, right) => order.indexOf(left.caseId) - order.indexOf(right.caseId) || left.repetition - right.repetition,
  );
  const indicative = isShortened(run.timeScale) || run.cases.some(({ timeScale }) => isShortened(timeScale));
  return { indicative, cases, asrs: judgeAsrs({ asked, checked, missing }) };
}

function askedOf({ asked, cases, notRun }: JudgedRun): readonly CaseId[] {
  return asked ?? [...new Set([...cases, ...notRun].map(({ caseId }) => caseId))];
}

function checkCase(evidence: CaseEvidence): CheckedCase {
  const checks = checkValidity(evidence);
  return { evidence, checks, invalid: whyInvalid(evidence, checks) };
}

/** Cases asked for of which a repetition is not there, each with the reason: the run's own, the case's, or none. */
function missingOf({ cases, notRun, repeat }: JudgedRun, asked: readonly CaseId[]): MissingRepetition[] {
  return [...new Set([...asked, ...notRun.map(({ caseId }) => caseId)])].flatMap((caseId) => {
    const found = cases.filter((one) => one.caseId === caseId).length;
    const wanted = typeof repeat === 'number' ? Math.max(1, repeat) : 1;
    if (found >= wanted) return [];
    const told = notRun.find((one) => one.caseId === caseId)?.reason ?? reasonOfCase(caseId);
    const partly = found > 0 ? `only ${found} of ${wanted} repetitions were run` : 'the run did not come to it';
    return [{ caseId, reason: told ?? partly, repetition: found + 1 }];
  });
}

interface MissingRepetition extends Missing {
  repetition: number;
}

function reasonOfCase(caseId: CaseId): string | undefined {
  const { notRun } = caseOf(caseId);
  return notRun?.part === 'case' ? notRun.reason : undefined;
}

function notRunResult({ caseId, reason, repetition }: MissingRepetition): CaseResult {
  const criteria = restingOn(caseId).map((criterion) => judgeCriterion(criterion, [], [{ caseId, reason }]));
  return { caseId, repetition, verdict: 'NOT RUN', because: `not run: ${reason}`, checks: [], criteria };
}

function caseResult(checked: CheckedCase): CaseResult {
  const { evidence, checks, invalid } = checked;
  const { caseId, repetition } = evidence;
  const criteria = restingOn(caseId).map((criterion) => judgeCriterion(criterion, [checked], []));
  const durability = durabilityOf(evidence);
  const result = { caseId, repetition, checks, criteria, ...(durability && { durability }) };
  // Lost is lost, whatever the case is worth otherwise: the loss itself has made it invalid.
  if (durability?.verdict === 'FAIL') return { ...result, verdict: 'FAIL', because: durability.because };
  if (invalid !== undefined) return { ...result, verdict: 'INVALID', because: invalid };
  const worst = worstOf(criteria);
  if (worst !== undefined) return { ...result, verdict: worst.verdict, because: `${worst.title}: ${worst.because}` };
  const because = caseOf(caseId).discarded ? 'valid; a warm-up, discarded' : 'valid; no criterion rests on it alone';
  return { ...result, verdict: 'PASS', because };
}

/** Criteria that speak of one case by itself; a comparison of two cases is the ASR's alone. */
function restingOn(caseId: CaseId): Criterion[] {
  return CRITERIA.filter(
    ({ id, cases }) => cases.includes(caseId) && (cases.length === 1 || 'each' in COMPARISONS[id]),
  );
}
