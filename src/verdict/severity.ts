/** Which of several verdicts decides: the worst. */
import type { Verdict } from './verdict.ts';

const WORST_FIRST: readonly Verdict[] = ['FAIL', 'INVALID', 'NOT RUN', 'INCONCLUSIVE', 'WARN', 'PASS'];

/** The first of the worst; undefined for none. */
export function worstOf<T extends { verdict: Verdict }>(found: readonly T[]): T | undefined {
  return WORST_FIRST.map((verdict) => found.find((one) => one.verdict === verdict)).find((one) => one !== undefined);
}
