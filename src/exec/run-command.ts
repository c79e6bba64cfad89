/**
 * Runs another program to its end.
 *
 * Guarantees: an argv array, never a shell; a time limit; the program and everything it started end when the signal
 * aborts or the limit passes; output is captured up to a limit. A program that does not exist is an answer, not an
 * error, where the caller asks for it. Left out: programs that stay up.
 */
import { existsSync } from 'node:fs';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

export interface RunOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** Added to the environment: the place for secrets, since argv is shown in errors. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** For programs that are to be found again, should this process be killed. They are not ended with it. */
  onStarted?: (pid: number) => Promise<void>;
}

export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/** How a program ended, whatever way. `detail`: one line that says why it failed. */
export type CommandResult =
  | ({ kind: 'ok' } & CommandOutput)
  | { kind: 'not found'; commandLine: string }
  | ({ kind: 'failed'; commandLine: string; detail: string } & CommandOutput);

/** What tools print is kilobytes; a runaway one must not fill the memory. */
const OUTPUT_CHARACTERS_MAX = 10 * 1024 * 1024;
/** From asking to end to killing. */
const KILL_AFTER_MS = 5_000;
/** Lines of output shown in an error: where tools say what went wrong. */
const SHOWN_LINES = 5;

/** @throws MexError exit 5 when the program is missing or fails; the signal's reason when that aborts. */
export async function runCommand(file: string, args: readonly string[], options: RunOptions): Promise<CommandOutput> {
  return orThrow(file, await tryCommand(file, args, options));
}

/** The output of a program that did its work. @throws MexError exit 5 as {@link runCommand} does. */
export function orThrow(file: string, result: CommandResult): CommandOutput {
  if (result.kind === 'ok') return result;
  if (result.kind === 'not found') {
    throw new MexError(`${file} is not installed or not on the PATH`, {
      code: 'TOOL_MISSING',
      exit: EXIT.environment,
      suggestion: `It was needed for: ${result.commandLine}`,
    });
  }
  const { commandLine, detail, stderr, stdout } = result;
  const lines = lastLines(stderr.trim() === '' ? stdout : stderr);
  throw new MexError([`${commandLine}: ${detail}`, ...lines].join('\n'), {
    code: 'COMMAND_FAILED',
    exit: EXIT.environment,
  });
}

/** Like {@link runCommand}, with failure as a result. @throws only the signal's reason when that aborts. */
export async function tryCommand(file: string, args: readonly string[], options: RunOptions): Promise<CommandResult> {
  const { execa } = await import('execa');
  options.signal?.throwIfAborted();
  const running = execa(file, [...args], { ...boundsOf(options), stdin: 'ignore' });
  try {
    if (running.pid !== undefined) await options.onStarted?.(running.pid);
  } catch (thrown) {
    running.kill();
    throw thrown;
  }
  const result = await running;
  options.signal?.throwIfAborted();
  return resultOf(result, options);
}

/** What one program writes goes to another, as `first | second`, without a shell and without being held in memory. */
export async function pipeCommands(
  first: { file: string; args: readonly string[] },
  second: { file: string; args: readonly string[] },
  options: RunOptions,
): Promise<CommandResult> {
  const { execa } = await import('execa');
  options.signal?.throwIfAborted();
  const bounds = boundsOf(options);
  const source = execa(first.file, [...first.args], {
    ...bounds,
    stdin: 'ignore',
    buffer: { stdout: false, stderr: true },
  });
  const piped = source.pipe(second.file, [...second.args], bounds);
  const [ofFirst, ofSecond] = await Promise.all([source, piped]);
  options.signal?.throwIfAborted();
  return resultOfBoth(resultOf(ofFirst, options), resultOf(ofSecond, options));
}

/** Where one fails the other complains of it, and only a person can tell which was first. */
function resultOfBoth(first: CommandResult, second: CommandResult): CommandResult {
  if (first.kind === 'ok' || second.kind === 'not found') return second;
  if (first.kind === 'not found' || second.kind === 'ok') return first;
  return {
    kind: 'failed',
    commandLine: `${first.commandLine} | ${second.commandLine}`,
    detail: `${first.detail}, ${second.detail}`,
    stdout: second.stdout,
    stderr: `${first.stderr}\n${second.stderr}`.trim(),
  };
}

function boundsOf(options: RunOptions) {
  return {
    reject: false,
    timeout: options.timeoutMs,
    maxBuffer: OUTPUT_CHARACTERS_MAX,
    killDescendants: true,
    forceKillAfterDelay: KILL_AFTER_MS,
    ...(options.signal && { cancelSignal: options.signal }),
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  } as const;
}

function resultOf(result: Ending, options: RunOptions): CommandResult {
  const commandLine = result.escapedCommand;
  const output = { stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') };
  if (!result.failed) return { kind: 'ok', ...output };
  // A missing working folder is ENOENT too, and no missing tool.
  if (result.code === 'ENOENT' && existsSync(options.cwd ?? '.')) return { kind: 'not found', commandLine };
  return { kind: 'failed', commandLine, detail: reasonOf(result, options.timeoutMs), ...output };
}

interface Ending {
  failed: boolean;
  escapedCommand: string;
  stdout?: unknown;
  stderr?: unknown;
  code?: string | undefined;
  timedOut: boolean;
  isMaxBuffer: boolean;
  exitCode?: number | undefined;
  signal?: string | undefined;
  originalMessage?: string | undefined;
}

function reasonOf(ending: Ending, timeoutMs: number): string {
  if (ending.timedOut) return `not done after ${timeoutMs} ms`;
  if (ending.isMaxBuffer) return `printed more than ${OUTPUT_CHARACTERS_MAX} characters`;
  if (ending.signal !== undefined) return `ended by ${ending.signal}`;
  if (ending.exitCode !== undefined) return `exit code ${ending.exitCode}`;
  return ending.originalMessage ?? 'could not be started';
}

function lastLines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(-SHOWN_LINES)
    .filter((line) => line.trim() !== '')
    .map((line) => `  ${line}`);
}
