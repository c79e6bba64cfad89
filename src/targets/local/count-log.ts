/** Counts what a shard's log and its topics hold, by programs of their own: `mex wal inspect`, `mex events verify`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { EventCount, LogCount } from '../target.ts';

/** An hour's log is some 100 MB, replayed in seconds. */
const COUNT_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** @param argv the program's arguments, behind Node. @throws MexError `LOG_UNREADABLE`; the signal's reason. */
export async function countLogWith(argv: readonly string[], signal: AbortSignal): Promise<LogCount> {
  const { orders, matches, lastSequence, found } = await answerOf(argv, signal);
  if (isCount(orders) && isCount(matches) && isCount(lastSequence)) {
    return { orders, matches, lastSequence, ...(isCount(found) && { found }) };
  }
  throw unreadable(argv, 'it printed no orders, matches and lastSequence');
}

/** Of `mex wal inspect`: orders to look for. */
export function findFlags(ids: readonly string[]): string[] {
  return ids.flatMap((id) => ['--find', id]);
}

/** The same of the topics: `mex events verify`, which ends with 3 when something is wrong with them. */
export async function checkEventsWith(argv: readonly string[], signal: AbortSignal): Promise<EventCount> {
  const { sinceReset, repeated, problems } = await answerOf(argv, signal, [EXIT.criterionFailed]);
  const { orders, matches } = Object(sinceReset) as Record<string, unknown>;
  if (isCount(orders) && isCount(matches) && isCount(repeated) && Array.isArray(problems)) {
    return { orders, matches, repeated, problems: problems.map(String) };
  }
  throw unreadable(argv, 'it printed no sinceReset, repeated and problems');
}

/** @param fine exit codes, besides 0, whose answer counts */
async function answerOf(
  argv: readonly string[],
  signal: AbortSignal,
  fine: readonly number[] = [],
): Promise<Record<string, unknown>> {
  const bounds = { timeout: COUNT_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, killSignal: 'SIGKILL' } as const;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, argv, { ...bounds, signal });
    return parsed(stdout);
  } catch (cause) {
    signal.throwIfAborted();
    const { code, stdout = '' } = cause as { code?: number; stdout?: string };
    if (code !== undefined && fine.includes(code)) return parsed(stdout);
    throw unreadable(argv, whyOf(cause), cause);
  }
}

/** What the program said itself, where it said something. */
function whyOf(cause: unknown): string {
  const { stdout = '', stderr = '', killed = false } = cause as { stdout?: string; stderr?: string; killed?: boolean };
  if (killed) return `it did not end within ${COUNT_MS_MAX / 1_000} s`;
  const { error } = parsed(stdout) as { error?: { message?: string } };
  return error?.message ?? (stderr.trim() === '' ? messageOf(cause) : messageOf(stderr.trim()));
}

function unreadable(argv: readonly string[], why: string, cause?: unknown): MexError {
  const command = ['node', ...argv].join(' ');
  const options = { code: 'LOG_UNREADABLE', exit: EXIT.environment, suggestion: `See: ${command}`, cause };
  return new MexError(`The log could not be counted: ${why}`, options);
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
