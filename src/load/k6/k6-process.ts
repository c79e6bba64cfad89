/**
 * k6 as a process: what it says as it comes, its summary, its end. Every wait is bounded. Its keeper is a process of its
 * own, which ends it when mex is gone: see `k6-keeper.ts`. If the keeper itself is killed, k6 is ended from here.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMsOf } from '../../exec/process-cpu.ts';
import { identify, isAlive, type ProcessIdentity } from '../../exec/process-identity.ts';
import type { K6Command } from './k6-command.ts';
import type { FromKeeper } from './k6-keeper.ts';

export interface K6Options {
  program: string;
  command: K6Command;
  plannedMs: number;
  signal: AbortSignal;
  /** A piece of its stderr. */
  onText(text: string): void;
  onSecond(): void;
}

export interface K6End {
  code: number | null;
  signal: string | null;
  /** Its summary, as the script writes it. */
  stdout: string;
  /** Null: where it ran, nobody here could read it. */
  cpuMs: number | null;
  /** Why it could not be started, or did not end by itself. */
  failure: string | null;
}

/** Beyond the planned time: reading the scripts, the virtual users, the last answers, a replenishing round. */
const OVERTIME_MS_MAX = 60_000;
/** After it was told to stop, its keeper's own patience and some more. */
const GONE_MS_MAX = 20_000;
const STDOUT_CHARS_MAX = 4_000_000;

/** Never rejects. When it resolves the process is gone. */
export async function runK6(options: K6Options): Promise<K6End> {
  const { program, command, plannedMs, signal, onSecond } = options;
  const keeper = fork(keeperEntry(), [program, ...command.argv], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...command.env },
  });
  const output = listen(keeper, options);
  const stop = (): void => {
    if (keeper.connected) keeper.send('stop', () => undefined);
    setTimeout(() => keeper.kill('SIGKILL'), GONE_MS_MAX).unref();
  };
  let isOvertime = false;
  const overtime = setTimeout(() => {
    isOvertime = true;
    stop();
  }, plannedMs + OVERTIME_MS_MAX);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const seconds = setInterval(() => {
    onSecond();
    void output.takeCpu();
  }, 1_000);
  await output.closed;
  clearInterval(seconds);
  clearTimeout(overtime);
  signal.removeEventListener('abort', stop);
  const end = output.end();
  if (!isOvertime) return end;
  return { ...end, failure: `k6 had not ended ${OVERTIME_MS_MAX / 1_000} s after its plan, and was stopped` };
}

/** Gathers what comes, until nothing more can. */
function listen(keeper: ChildProcess, { onText }: K6Options) {
  let how: Exclude<FromKeeper, { type: 'started' }> | null = null as Exclude<FromKeeper, { type: 'started' }> | null;
  let k6: Promise<ProcessIdentity | undefined> = Promise.resolve(undefined);
  let [cpuMs, stdout] = [0, ''];
  keeper.on('message', (message: FromKeeper) => {
    if (message.type === 'started') k6 = identify(message.pid);
    else how = message;
  });
  keeper.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, STDOUT_CHARS_MAX);
  });
  keeper.stderr?.setEncoding('utf8').on('data', onText);
  const streams = [keeper.stdout, keeper.stderr].filter((one) => one !== null);
  /** Its last word may come after its exit. */
  const keeperGone = Promise.all([
    new Promise((resolve) => keeper.once('exit', resolve).once('error', resolve)),
    new Promise((resolve) => keeper.once('disconnect', resolve).once('error', resolve)),
  ]);
  return {
    closed: Promise.all([
      keeperGone.then(async () => (how === null ? killGroup(await k6) : undefined)),
      ...streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))),
    ]),
    async takeCpu(): Promise<void> {
      const { pid } = (await k6) ?? {};
      if (pid !== undefined) cpuMs = Math.max(cpuMs, (await cpuMsOf(pid)) ?? 0);
    },
    end(): K6End {
      const about = { stdout, cpuMs };
      if (how === null) return { ...about, code: null, signal: null, failure: 'the keeper of k6 ended without a word' };
      if (how.type === 'ended') return { ...about, code: how.code, signal: how.signal, failure: null };
      return { ...about, code: null, signal: null, failure: `k6 could not be started: ${how.message}` };
    },
  };
}

/** k6 has nobody left who would end it in good order. */
async function killGroup(k6: ProcessIdentity | undefined): Promise<void> {
  if (k6 === undefined || !(await isAlive(k6))) return;
  try {
    process.kill(-k6.pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** The same kind of file as this one: `.js` in `dist`, `.ts` in `src`. */
function keeperEntry(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./k6-keeper${extension}`, import.meta.url));
}
