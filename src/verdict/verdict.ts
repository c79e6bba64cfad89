/** The shapes of an answer. Every one carries the number that decided, in words. */
import type { AsrId, CaseId } from '../experiment/cases.ts';
import type { CriterionId, Weight } from '../experiment/criteria.ts';
import type { ValidityRule } from '../experiment/validity.ts';
import type { DurabilityResult } from './durability.ts';

export type Verdict = 'PASS' | 'WARN' | 'FAIL' | 'INCONCLUSIVE' | 'INVALID' | 'NOT RUN';
export type AsrVerdict = 'PASS' | 'CONDITIONAL PASS' | 'FAIL' | 'NO VERDICT';

/** One validity rule, checked on one case. `notApplicable` says why it does not speak of this case. */
export interface ValidityCheck {
  rule: ValidityRule;
  ok: boolean;
  found: string;
  expected: string;
  notApplicable?: string;
}

/** A criterion judged: what was found against the limit, and the sentence that decided. */
export interface CriterionResult {
  id: CriterionId;
  asr: AsrId;
  weight: Weight;
  title: string;
  cases: readonly CaseId[];
  verdict: Verdict;
  found: string;
  limit: string;
  because: string;
}

/** A case of one repetition: is it valid, and what the criteria that rest on it alone say. */
export interface CaseResult {
  caseId: CaseId;
  repetition: number;
  verdict: Verdict;
  because: string;
  checks: ValidityCheck[];
  criteria: CriterionResult[];
  /** Only where a shard was lost on purpose. */
  durability?: DurabilityResult;
}

export interface AsrResult {
  asr: AsrId;
  verdict: AsrVerdict;
  because: string;
  criteria: CriterionResult[];
}

/** Everything the judge says of a run. `indicative` marks a shortened one, in every output. */
export interface Judgement {
  indicative: boolean;
  cases: CaseResult[];
  asrs: AsrResult[];
}
