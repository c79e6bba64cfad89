/**
 * One criterion over everything it rests on: cases that did not run, repetitions that do not count, and the rest.
 * The worst decides. A comparison of pooled repetitions needs every one of them to count.
 */
import type { CaseId } from '../experiment/cases.ts';
import type { Criterion } from '../experiment/criteria.ts';
import type { CaseEvidence } from '../experiment/evidence.ts';
import { COMPARISONS } from './criteria/comparisons.ts';
import { decisive, type Finding } from './finding.ts';
import { machineWasNotOurs } from './validity.ts';
import type { CriterionResult, ValidityCheck } from './verdict.ts';

/** One repetition with what its validity rules found. */
export interface CheckedCase {
  evidence: CaseEvidence;
  checks: ValidityCheck[];
  /** Why it does not count. */
  invalid: string | undefined;
}

export interface Missing {
  caseId: CaseId;
  reason: string;
}

export function judgeCriterion(
  criterion: Criterion,
  checked: readonly CheckedCase[],
  missing: readonly Missing[],
): CriterionResult {
  const { id, asr, weight, title, cases, limit } = criterion;
  const finding = findingOf(criterion, checked, missing);
  return { id, asr, weight, title, cases, limit, ...finding };
}

function findingOf({ id, cases }: Criterion, checked: readonly CheckedCase[], missing: readonly Missing[]): Finding {
  const comparison = COMPARISONS[id];
  const resting = checked.filter(({ evidence }) => cases.includes(evidence.caseId));
  const counting = resting.filter(({ invalid }) => invalid === undefined);
  const lacking = [
    ...resting.filter(({ invalid }) => invalid !== undefined).map(invalidFinding),
    ...missing.filter(({ caseId }) => cases.includes(caseId)).map(notRunFinding),
  ];
  if ('each' in comparison) {
    const judged = counting.map((one) => weighed(comparison.each(one.evidence), [one], comparison.ofTime));
    return decisive([...judged, ...lacking], 'nothing was measured');
  }
  if (lacking.length > 0 || counting.length === 0) return decisive(lacking, 'nothing was measured');
  return weighed(comparison.pooled(counting.map(({ evidence }) => evidence)), counting, comparison.ofTime);
}

/** A slow answer on a machine that worked for somebody else proves nothing. A quick one is taken as it is. */
function weighed(finding: Finding, judged: readonly CheckedCase[], ofTime: boolean): Finding {
  if (finding.verdict !== 'FAIL' || !ofTime) return finding;
  if (!judged.some(({ checks }) => machineWasNotOurs(checks))) return finding;
  return { ...finding, verdict: 'INCONCLUSIVE', because: `the machine was not ours: ${finding.because}` };
}

function invalidFinding({ evidence, invalid }: CheckedCase): Finding {
  const name = evidence.caseId.toUpperCase();
  return { verdict: 'INVALID', found: '–', because: `${name} does not count: ${invalid}` };
}

function notRunFinding({ caseId, reason }: Missing): Finding {
  return { verdict: 'NOT RUN', found: '–', because: `${caseId.toUpperCase()} not run: ${reason}` };
}
