/** Is a case to be measured once more before its comparison of two p99s can say anything? Pure. */
import type { CaseId } from '../experiment/cases.ts';
import { AS_NEEDED, COMPARISON } from '../experiment/criteria.ts';
import type { CaseEvidence } from '../experiment/evidence.ts';
import { compareQuantiles, P99_BOOTSTRAP, P99_OBSERVATIONS_MIN } from '../stats/bootstrap.ts';
import { beforeFaults } from './criteria/decoupling.ts';

/** Where a hard criterion compares: what was measured before anything was changed, and the rise that is allowed. */
const COMPARED: Partial<
  Record<CaseId, { before: (evidence: readonly CaseEvidence[]) => number[] | undefined; riseMax: number }>
> = { a4: { before: beforeFaults, riseMax: COMPARISON.decouplingRiseMax } };

/** Standard normal quantiles: of the interval's confidence, and of the power. */
const Z = { confidence: 1.96, power: 0.84 } as const;

/** `evidence`: all repetitions of one case so far. */
export function needsAnother(evidence: readonly CaseEvidence[]): boolean {
  const compared = COMPARED[evidence[0]?.caseId ?? 'a1'];
  if (compared === undefined || evidence.length >= AS_NEEDED.repetitionsMax) return false;
  const beforeMs = compared.before(evidence);
  if (beforeMs === undefined) return false;
  if (beforeMs.length < P99_OBSERVATIONS_MIN) return true;
  // Of two sides that differ by nothing: as wide as the interval of the comparison itself will be.
  const noise = compareQuantiles(beforeMs, beforeMs, { ...P99_BOOTSTRAP, confidence: COMPARISON.confidence });
  if (noise === undefined) return false;
  const allowedMs = Math.max(compared.riseMax * noise.before, COMPARISON.practicalMs);
  return noise.difference.upper * (1 + Z.power / Z.confidence) > allowedMs;
}
