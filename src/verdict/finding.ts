/** What the comparison of one thing with its limit gave, before it is known what rests on it. */
import { worstOf } from './severity.ts';
import type { Verdict } from './verdict.ts';

export interface Finding {
  verdict: Verdict;
  /** The number, with its unit. */
  found: string;
  /** The sentence that decided. */
  because: string;
}

/** Absent data never passes: it makes the evidence invalid, and is named. */
export function noData(what: string): Finding {
  return { verdict: 'INVALID', found: 'no data', because: `no data: ${what}` };
}

/** The worst decides and is shown; how many others there were is told where nothing went wrong. */
export function decisive(findings: readonly Finding[], what: string): Finding {
  return worstOf(findings) ?? noData(what);
}
