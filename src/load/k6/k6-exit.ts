/** What k6's exit codes mean for a run; none of them alone says that it went well. Those of k6 2.2. */
import type { K6End } from './k6-process.ts';

const MEANINGS: Readonly<Record<number, string>> = {
  97: 'its run in the cloud failed',
  98: 'it could not learn how its run in the cloud went on',
  100: 'its setup took too long',
  101: 'its teardown took too long',
  102: 'it took too long',
  103: 'its engine failed',
  104: 'its options are not valid',
  105: 'it was stopped from outside',
  106: 'its REST API could not be started',
  107: 'its script threw an exception',
  108: 'its script aborted the test',
  109: 'k6 panicked',
  110: 'its script marked the test as failed',
  129: 'it was hung up',
  255: 'its command line is not valid',
};

/** Null: k6 came to its end. */
export function troubleOfEnd({ code, signal, failure }: Pick<K6End, 'code' | 'signal' | 'failure'>): string | null {
  return failure ?? troubleOf(code, signal);
}

/** Thresholds are told by the verdicts; k6 says 99 for them. */
function troubleOf(code: number | null, signal: string | null): string | null {
  if (code === 0 || code === 99) return null;
  if (signal !== null) return `k6 was ended by ${signal}`;
  return `k6 ended with ${code}: ${MEANINGS[code ?? -1] ?? 'an exit code that this mex does not know'}`;
}
