/**
 * Does a case count? One function a rule, each over the whole evidence of one repetition.
 *
 * Guarantees: every rule is shown for every case; absent evidence is a miss; each phase is checked and the first miss
 * is the one that is told.
 */
import type { CaseEvidence } from '../experiment/evidence.ts';
import type { ValidityRule } from '../experiment/validity.ts';
import { agreement } from './validity/agreement.ts';
import { bookShape } from './validity/book-shape.ts';
import { generator } from './validity/generator.ts';
import { machine } from './validity/machine.ts';
import { measurements } from './validity/measurements.ts';
import { offeredLoad } from './validity/offered-load.ts';
import type { RuleFinding } from './validity/rule-finding.ts';
import { stimulus } from './validity/stimulus.ts';
import type { ValidityCheck } from './verdict.ts';

const RULES: readonly { rule: ValidityRule; check: (evidence: CaseEvidence) => RuleFinding }[] = [
  { rule: 'offered load', check: offeredLoad },
  { rule: 'stimulus', check: stimulus },
  { rule: 'book shape', check: bookShape },
  { rule: 'measurements', check: measurements },
  { rule: 'agreement', check: agreement },
  { rule: 'generator', check: generator },
  { rule: 'machine', check: machine },
];

export function checkValidity(evidence: CaseEvidence): ValidityCheck[] {
  return RULES.map(({ rule, check }) => ({ rule, ...check(evidence) }));
}

/** Why a case does not count; undefined when it does. A busy machine does not make it invalid. */
export function whyInvalid(evidence: CaseEvidence, checks: readonly ValidityCheck[]): string | undefined {
  if (evidence.brokenOff !== undefined) return `broken off: ${evidence.brokenOff}`;
  const misses = checks.filter(({ rule, ok }) => !ok && rule !== 'machine');
  if (misses.length === 0) return undefined;
  return misses.map(({ rule, found, expected }) => `${rule}: ${found} (wanted ${expected})`).join('; ');
}

/** True when too much of the machine's time went elsewhere: a slow answer is then nobody's proof. */
export function machineWasNotOurs(checks: readonly ValidityCheck[]): boolean {
  return checks.some(({ rule, ok }) => rule === 'machine' && !ok);
}
