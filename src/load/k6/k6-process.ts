/**
 * k6 as a process: its script's lines as they come, its summary, its end. Every wait is bounded, it gets no signal of the
 * terminal, and it is told to stop by its own process id: SIGINT, on which it ends in good order and writes its summary.
 */
import { execa } from 'execa';
import { messageOf } from '../../errors/mex-error.ts';
import { cpuMsOf } from '../../exec/process-cpu.ts';

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
  code: number | undefined;
  signal: string | undefined;
  /** Its summary, as the script writes it. */
  stdout: string;
  /** The last thing that k6 said of itself, to follow a sentence; empty if it said nothing. */
  lastWords: string;
  cpuMs: number;
  /** Why it could not be started, or not be listened to. */
  failure: string | null;
}

const STOP_WAIT_MS = 15_000;
/** Beyond the planned time: reading the scripts, the virtual users, the last answers, a replenishing round. */
const OVERTIME_MS_MAX = 60_000;
const LAST_WORDS_MAX = 300;

/** Never rejects. When it resolves the process is gone. */
export async function runK6(options: K6Options): Promise<K6End> {
  const { program, script, planFile, plannedMs, signal, onText, onSecond } = options;
  const argv = ['run', '--quiet', '--no-color', '--no-usage-report', '--log-format', 'raw', '-e', `PLAN=${planFile}`];
  const child = execa(program, [...argv, script], {
    reject: false,
    stdin: 'ignore',
    buffer: { stdout: true, stderr: false },
    env: { K6_AUTO_EXTENSION_RESOLUTION: 'false' },
    // Its own process group: the terminal's Ctrl-C is mex's to hear.
    killDescendants: true,
  });
  const { pid } = child;
  let failure: string | null = null;
  let words = '';
  let cpuMs = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + sentences(text)).slice(-LAST_WORDS_MAX);
    try {
      onText(text);
    } catch (thrown) {
      failure ??= messageOf(thrown);
    }
  });
  const stop = (): void => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  const overtime = setTimeout(stop, plannedMs + OVERTIME_MS_MAX);
  const seconds = setInterval(() => {
    onSecond();
    if (pid !== undefined) void cpuMsOf(pid).then((found) => (cpuMs = Math.max(cpuMs, found ?? 0)));
  }, 1_000);
  const ended = await child;
  clearInterval(seconds);
  clearTimeout(overtime);
  signal.removeEventListener('abort', stop);
  if (ended.exitCode === undefined && ended.signal === undefined)
    failure ??= `k6 could not be started: ${messageOf(ended.cause)}`;
  const lastWords = words.trim() === '' ? '' : `: ${words.trim()}`;
  return { code: ended.exitCode, signal: ended.signal, stdout: ended.stdout, lastWords, cpuMs, failure };
}

/** Without the lines of orders. */
function sentences(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('['))
    .join(' ');
}
