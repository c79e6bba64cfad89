/** What a case was to be: the definition, scaled as the evidence says. */
import { CASES, type Case, type CaseId } from '../experiment/cases.ts';
import type { CaseEvidence } from '../experiment/evidence.ts';
import { scaleCase } from '../experiment/scale-case.ts';

export function caseOf(id: CaseId): Case {
  const found = CASES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no such case: ${id}`);
  return found;
}

export function plannedCase({ caseId, timeScale }: CaseEvidence): Case {
  return scaleCase(caseOf(caseId), timeScale);
}

export function isShortened(timeScale: number): boolean {
  return timeScale < 1;
}
