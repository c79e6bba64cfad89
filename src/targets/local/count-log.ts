/** Counts what a shard's log holds, by a program of its own: `mex wal inspect`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { LogCount } from '../target.ts';

/** An hour's log is some 100 MB, replayed in seconds. */
const COUNT_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** @param argv the program's arguments, behind Node. @throws MexError `LOG_UNREADABLE`; the signal's reason. */
export async function countLogWith(argv: readonly string[], signal: AbortSignal): Promise<LogCount> {
  const bounds = { timeout: COUNT_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, killSignal: 'SIGKILL' } as const;
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(process.execPath, argv, { ...bounds, signal }));
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable(argv, whyOf(cause), cause);
  }
  const { orders, matches, lastSequence } = parsed(stdout);
  if (isCount(orders) && isCount(matches) && isCount(lastSequence)) return { orders, matches, lastSequence };
  throw unreadable(argv, `it printed no orders, matches and lastSequence: ${stdout.slice(0, 200)}`);
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
