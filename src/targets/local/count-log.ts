/** Counts what a shard's log and its topics hold, by programs of their own: `mex wal inspect`, `mex events verify`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../../errors/mex-error.ts';
import { type CountOutput, eventCountOf, logCountOf, uncounted } from '../count-answers.ts';
import type { EventCount, LogCount } from '../target.ts';

/** An hour's log is some 100 MB, replayed in seconds. */
const COUNT_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** @param argv the program's arguments, behind Node. @throws MexError `LOG_UNREADABLE`; the signal's reason. */
export async function countLogWith(argv: readonly string[], signal: AbortSignal): Promise<LogCount> {
  return logCountOf(await outputOf(argv, signal));
}

/** The same of the topics: `mex events verify`. */
export async function checkEventsWith(argv: readonly string[], signal: AbortSignal): Promise<EventCount> {
  return eventCountOf(await outputOf(argv, signal));
}

async function outputOf(argv: readonly string[], signal: AbortSignal): Promise<CountOutput> {
  const command = ['node', ...argv].join(' ');
  const bounds = { timeout: COUNT_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, killSignal: 'SIGKILL' } as const;
  try {
    return { command, exitCode: 0, ...(await promisify(execFile)(process.execPath, argv, { ...bounds, signal })) };
  } catch (cause) {
    signal.throwIfAborted();
    const { code, stdout = '', stderr = '', killed = false } = cause as Partial<Failure>;
    if (killed) throw uncounted(command, `it did not end within ${COUNT_MS_MAX / 1_000} s`, cause);
    // A word in place of a number: it was not run at all, or not to its end.
    if (typeof code !== 'number') throw uncounted(command, messageOf(cause), cause);
    return { command, exitCode: code, stdout, stderr };
  }
}

interface Failure {
  code: number | string | null;
  stdout: string;
  stderr: string;
  killed: boolean;
}
