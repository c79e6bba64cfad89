/** Two p99s of raw latencies, with the interval of their difference: has the second gone up by more than is allowed? */
import { COMPARISON } from '../../experiment/criteria.ts';
import { compareQuantiles, P99_BOOTSTRAP, P99_OBSERVATIONS_MIN } from '../../stats/bootstrap.ts';
import { type Finding, noData } from '../finding.ts';
import { repetitionsToSettle } from '../settling.ts';
import { milliseconds, percent } from '../wording.ts';

export interface Sides {
  beforeMs: number[];
  afterMs: number[];
}

/** What is compared, in the words of the sentence. */
export interface SidesQuestion {
  /** How much the p99 may go up; a difference under the practical margin never fails. */
  riseMax: number;
  before: string;
  after: string;
  repetitions: number;
}

export function compareSides({ beforeMs, afterMs }: Sides, question: SidesQuestion): Finding {
  const comparison = compareQuantiles(beforeMs, afterMs, { ...P99_BOOTSTRAP, confidence: COMPARISON.confidence });
  if (comparison === undefined) return noData(`latencies ${question.before} and ${question.after}`);
  const { before, after, difference } = comparison;
  const limitMs = Math.max(question.riseMax * before, COMPARISON.practicalMs);
  const change = percent(difference.estimate / before, 1);
  const found = `p99 ${milliseconds(before)} ${question.before}, ${milliseconds(after)} ${question.after} (${change})`;
  const interval = `95 % CI ${milliseconds(difference.lower)} to ${milliseconds(difference.upper)}`;
  const because = `${found}; up by ${milliseconds(difference.estimate)} (${interval}), allowed ${milliseconds(limitMs)}`;
  const fewest = Math.min(beforeMs.length, afterMs.length);
  if (fewest < P99_OBSERVATIONS_MIN) {
    const few = `${fewest} latencies on one side: a p99 with its interval needs ${P99_OBSERVATIONS_MIN}, about `;
    const repetitions = Math.ceil((question.repetitions * P99_OBSERVATIONS_MIN) / fewest);
    return { verdict: 'INCONCLUSIVE', found, because: `${few}${repetitions} repetitions of this length` };
  }
  if (difference.upper <= limitMs) return { verdict: 'PASS', found, because };
  if (difference.lower > limitMs) return { verdict: 'FAIL', found, because };
  const settling = repetitionsToSettle(difference, limitMs, question.repetitions);
  return { verdict: 'INCONCLUSIVE', found, because: `${because}; ${settling}` };
}
