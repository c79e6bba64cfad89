/** What `mex wal inspect` and `mex events verify` answered, wherever they were run: counts, or why there are none. Pure. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import type { EventCount, LogCount } from './target.ts';

/** How the program ended, and the command line that shows a person the same. */
export interface CountOutput {
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** @throws MexError `LOG_UNREADABLE` */
export function logCountOf(output: CountOutput): LogCount {
  const { orders, matches, lastSequence, found } = answerOf(output);
  if (isCount(orders) && isCount(matches) && isCount(lastSequence)) {
    return { orders, matches, lastSequence, ...(isCount(found) && { found }) };
  }
  throw uncounted(output.command, 'it printed no orders, matches and lastSequence');
}

/** What is published is kept only so long: where it is gone, nothing says how many events there should be. */
const REACHES_BACK_TOO_LITTLE =
  'it begins behind the last reset of the books, so the events since then cannot be counted; ' +
  'start the engine with a larger WAL_RETENTION_MB to keep more of it';

/** Of `mex wal inspect`: orders to look for. */
export function findFlags(ids: readonly string[]): string[] {
  return ids.flatMap((id) => ['--find', id]);
}

/** It ends with 3 when something is wrong with the topics, and says what. @throws MexError `LOG_UNREADABLE` */
export function eventCountOf(output: CountOutput): EventCount {
  const { sinceReset, repeated, problems } = answerOf(output, [EXIT.criterionFailed]);
  if (sinceReset === null) throw uncounted(output.command, REACHES_BACK_TOO_LITTLE);
  const { orders, matches } = Object(sinceReset) as Record<string, unknown>;
  if (isCount(orders) && isCount(matches) && isCount(repeated) && Array.isArray(problems)) {
    return { orders, matches, repeated, problems: problems.map(String) };
  }
  throw uncounted(output.command, 'it printed no sinceReset, repeated and problems');
}

export function uncounted(command: string, why: string, cause?: unknown): MexError {
  const options = { code: 'LOG_UNREADABLE', exit: EXIT.environment, suggestion: `See: ${command}`, cause };
  return new MexError(`The log could not be counted: ${why}`, options);
}

/** @param fine exit codes, besides 0, whose answer counts */
function answerOf(output: CountOutput, fine: readonly number[] = []): Record<string, unknown> {
  const { command, stdout, exitCode } = output;
  if (exitCode === EXIT.ok || fine.includes(exitCode)) return parsed(stdout);
  throw uncounted(command, whyOf(output));
}

/** What the program said itself, where it said something. */
function whyOf({ stdout, stderr, exitCode }: CountOutput): string {
  const { error } = parsed(stdout) as { error?: { message?: string } };
  return error?.message ?? (stderr.trim() === '' ? `it ended with code ${exitCode}` : messageOf(stderr.trim()));
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
