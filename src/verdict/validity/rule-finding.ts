/** What one rule found, phase by phase. */
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';

export interface RuleFinding {
  ok: boolean;
  found: string;
  expected: string;
  notApplicable?: string;
}

/** Asks each phase; the first miss is told, otherwise the last phase's finding. No phase at all is a miss. */
export function everyPhase(
  { phases }: CaseEvidence,
  expected: string,
  check: (phase: PhaseEvidence) => { ok: boolean; found: string },
): RuleFinding {
  const findings = phases.map((phase) => {
    const { ok, found } = check(phase);
    return { ok, found: phases.length > 1 ? `${phase.phase}: ${found}` : found, expected };
  });
  return findings.find(({ ok }) => !ok) ?? findings.at(-1) ?? { ok: false, found: 'no phase was measured', expected };
}

/** A share that no division by zero can make pass. */
export function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : Number.NaN;
}
