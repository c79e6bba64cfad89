/**
 * k6 as a process: its script's lines as they come, its summary, its end. Every wait is bounded. Its keeper is a process of
 * its own, which ends it when mex is gone: see `k6-keeper.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../errors/mex-error.ts';
import { cpuMsOf } from '../../exec/process-cpu.ts';
import type { FromKeeper } from './k6-keeper.ts';

export interface K6Options {
  program: string;
  script: string;
  planFile: string;
  plannedMs: number;
  signal: AbortSignal;
  /** What the script tells, and k6 says of itself. */
  onText(text: string): void;
  onSecond(): void;
}

export interface K6End {
  code: number | null;
  signal: string | null;
  /** Its summary, as the script writes it. */
  stdout: string;
  /** The last thing that k6 said of itself, to follow a sentence; empty if it said nothing. */
  lastWords: string;
  cpuMs: number;
  /** Why it could not be started, or not be listened to. */
  failure: string | null;
}

/** Beyond the planned time: reading the scripts, the virtual users, the last answers, a replenishing round. */
const OVERTIME_MS_MAX = 60_000;
/** After it was told to stop, its keeper's own patience and some more. */
const GONE_MS_MAX = 20_000;
const LAST_WORDS_MAX = 300;
const STDOUT_CHARS_MAX = 4_000_000;

/** Never rejects. When it resolves the process is gone. */
export async function runK6(options: K6Options): Promise<K6End> {
  const { program, script, planFile, plannedMs, signal, onSecond } = options;
  const argv = ['run', '--quiet', '--no-color', '--no-usage-report', '--log-format', 'raw', '-e', `PLAN=${planFile}`];
  const keeper = fork(keeperEntry(), [program, ...argv, script], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false' },
  });
  const output = listen(keeper, options);
  const stop = (): void => {
    if (keeper.connected) keeper.send('stop', () => undefined);
    setTimeout(() => keeper.kill('SIGKILL'), GONE_MS_MAX).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  const overtime = setTimeout(stop, plannedMs + OVERTIME_MS_MAX);
  const seconds = setInterval(() => {
    onSecond();
    void output.takeCpu();
  }, 1_000);
  await output.closed;
  clearInterval(seconds);
  clearTimeout(overtime);
  signal.removeEventListener('abort', stop);
  return output.end();
}

/** Gathers what comes, until nothing more can. */
function listen(keeper: ChildProcess, { onText }: K6Options) {
  let how: Exclude<FromKeeper, { type: 'started' }> | null = null as Exclude<FromKeeper, { type: 'started' }> | null;
  let [pid, cpuMs, stdout, words] = [0, 0, '', ''];
  let failure: string | null = null;
  keeper.on('message', (message: FromKeeper) => {
    if (message.type === 'started') pid = message.pid;
    else how = message;
  });
  keeper.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, STDOUT_CHARS_MAX);
  });
  keeper.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + sentences(text)).slice(-LAST_WORDS_MAX);
    try {
      onText(text);
    } catch (thrown) {
      failure ??= messageOf(thrown);
    }
  });
  const streams = [keeper.stdout, keeper.stderr].filter((one) => one !== null);
  return {
    /** Its last word may come after its exit. */
    closed: Promise.all([
      new Promise((resolve) => keeper.once('exit', resolve).once('error', resolve)),
      new Promise((resolve) => keeper.once('disconnect', resolve).once('error', resolve)),
      ...streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))),
    ]),
    async takeCpu(): Promise<void> {
      if (pid !== 0) cpuMs = Math.max(cpuMs, (await cpuMsOf(pid)) ?? 0);
    },
    end(): K6End {
      const lastWords = words.trim() === '' ? '' : `: ${words.trim()}`;
      const about = { stdout, lastWords, cpuMs };
      if (how === null) return { ...about, code: null, signal: null, failure: 'the keeper of k6 ended without a word' };
      if (how.type === 'ended') return { ...about, code: how.code, signal: how.signal, failure };
      return { ...about, code: null, signal: null, failure: `k6 could not be started: ${how.message}` };
    },
  };
}

/** The same kind of file as this one: `.js` in `dist`, `.ts` in `src`. */
function keeperEntry(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./k6-keeper${extension}`, import.meta.url));
}

/** Without the lines of orders. */
function sentences(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('['))
    .join(' ');
}
