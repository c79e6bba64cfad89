/** Work that nobody may call off, with a limit of its own. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';

/** @param attempt for the error: `Removing the system under test`. @throws MexError `CLUSTER_SLOW` when it takes too long */
export async function withLimit<T>(
  limitMs: number,
  attempt: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const late = new MexError(`${attempt} was not done after ${limitMs / 1_000} s`, {
    code: 'CLUSTER_SLOW',
    exit: EXIT.environment,
    suggestion: 'See: mex cluster status',
  });
  const timer = setTimeout(() => limit.abort(late), limitMs);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}
