/**
 * mex's side of the generator's process: start it, listen, tell it to stop, and be sure that it is gone.
 * Every wait is bounded, and it is killed by its own process id only.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { SHORT_COLLECTIONS } from '../../exec/short-collections.ts';
import { phaseDurationMs } from '../../experiment/cases.ts';
import type { LoadPlan, LoadRun } from '../load-driver.ts';
import type { Checkpoint, FromGenerator, ToGenerator } from './generator-messages.ts';
import { ANSWER_DEADLINE_MS } from './order-sender.ts';

/** With its result, or without: why, and how far it had come. */
export type GeneratorEnd = { run: LoadRun } | { reason: string; lastCheckpoint: Checkpoint | undefined };

export interface GeneratorChildOptions {
  entry: string;
  plan: LoadPlan;
  signal: AbortSignal;
  onCheckpoint(checkpoint: Checkpoint): void;
}

/** The drain after a stop (1 s), a replenishing round under way (4 s), and as much again. */
const STOP_WAIT_MS = 10_000;
/** Beyond the planned time: start, warm-up, the last answers, a replenishing round. */
const OVERTIME_MS_MAX = ANSWER_DEADLINE_MS + 20_000;
/** It ends by itself when the channel ends; this is for one that hangs. */
const EXIT_WAIT_MS = 1_000;
const STDERR_CHARS_MAX = 2_000;

/** Never rejects. When it resolves the process is gone. */
export async function runGeneratorChild(options: GeneratorChildOptions): Promise<GeneratorEnd> {
  const { plan, signal } = options;
  const child = fork(options.entry, [], { execArgv: SHORT_COLLECTIONS, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const gone = whenGone(child);
  const timers: NodeJS.Timeout[] = [];
  const killAfter = (waitMs: number): void => {
    timers.push(setTimeout(() => child.kill('SIGKILL'), waitMs));
  };
  const stop = (): void => {
    tell(child, { type: 'stop' });
    killAfter(STOP_WAIT_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  killAfter(phaseDurationMs(plan.phase) + OVERTIME_MS_MAX);

  let lastCheckpoint: Checkpoint | undefined;
  const told = listen(child, (checkpoint) => {
    lastCheckpoint = checkpoint;
    options.onCheckpoint(checkpoint);
  });
  tell(child, { type: 'start', plan });
  if (signal.aborted) stop();
  const result = await Promise.race([told, gone]);

  signal.removeEventListener('abort', stop);
  if (child.connected) child.disconnect();
  killAfter(EXIT_WAIT_MS);
  await gone;
  for (const timer of timers) clearTimeout(timer);
  return 'run' in result ? result : { reason: result.reason, lastCheckpoint };
}

/** Resolves with the result, or with the reason why the generator itself has none. */
function listen(
  child: ChildProcess,
  onCheckpoint: (checkpoint: Checkpoint) => void,
): Promise<{ run: LoadRun } | { reason: string }> {
  const { promise, resolve } = Promise.withResolvers<{ run: LoadRun } | { reason: string }>();
  child.on('message', (message: FromGenerator) => {
    if (message.type === 'checkpoint') onCheckpoint(message);
    else if (message.type === 'finished') resolve({ run: message.run });
    else resolve({ reason: `the load generator failed: ${message.message}` });
  });
  return promise;
}

/**
 * Once it has exited and all that it had said was heard, or it could not be started. Not `close`: Node 24 does not
 * emit it after `disconnect()` from this side.
 */
function whenGone(child: ChildProcess): Promise<{ reason: string }> {
  const { promise, resolve } = Promise.withResolvers<{ reason: string }>();
  let stderr = '';
  let exit: string | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
  });
  const settle = (): void => {
    if (exit === undefined || child.connected || child.stderr?.closed === false) return;
    const said = stderr.trim().replace(/\s*\n\s*/g, ' ');
    resolve({ reason: `the load generator ended early, with ${exit}${said === '' ? '' : `: ${said}`}` });
  };
  child.stderr?.on('close', settle);
  child.on('exit', (code, signal) => {
    exit = signal ?? `exit code ${code}`;
    settle();
  });
  child.on('disconnect', settle);
  child.on('error', (error) => {
    if (child.pid === undefined) resolve({ reason: `the load generator could not be started: ${error.message}` });
  });
  return promise;
}

/** A channel that is closed belongs to a process that is gone, and that is told elsewhere. */
function tell(child: ChildProcess, message: ToGenerator): void {
  if (child.connected) child.send(message, () => {});
}
