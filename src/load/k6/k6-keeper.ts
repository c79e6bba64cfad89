/**
 * Stands between mex and k6, so that k6 cannot outlive mex: `node k6-keeper.ts PROGRAM ARGUMENT…`, with an IPC channel. It
 * gives k6 a process group of its own, which no Ctrl-C of a terminal reaches, ignores signals itself, passes k6's output
 * through, says how k6 ended, and ends it when mex says so or is gone: by SIGINT, on which k6 ends in good order and
 * writes its summary, and then by SIGKILL.
 */
import { spawn } from 'node:child_process';
import { messageOf } from '../../errors/mex-error.ts';

export type FromKeeper =
  | { type: 'started'; pid: number }
  | { type: 'ended'; code: number | null; signal: string | null }
  | { type: 'failed'; message: string };

/** Iterations under way may take the deadline of an answer, 10 s, before k6 writes its summary. */
const STOP_WAIT_MS = 15_000;

const [program = '', ...argv] = process.argv.slice(2);
const k6 = spawn(program, argv, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
let isStopping = false;

function tell(message: FromKeeper): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Once: on a second SIGINT k6 ends at once, without a summary. */
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  signalGroup('SIGINT');
  setTimeout(() => signalGroup('SIGKILL'), STOP_WAIT_MS).unref();
}

/** Its whole group: k6 may be a script that calls k6. */
function signalGroup(signal: NodeJS.Signals): void {
  if (k6.pid === undefined || k6.exitCode !== null || k6.signalCode !== null) return;
  try {
    process.kill(-k6.pid, signal);
  } catch {
    k6.kill(signal);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('message', stop);
process.on('disconnect', stop);
k6.on('spawn', () => tell({ type: 'started', pid: k6.pid ?? 0 }));
k6.on('error', (error) => {
  tell({ type: 'failed', message: messageOf(error) });
  if (process.connected) process.disconnect();
});
k6.on('exit', (code, signal) => {
  tell({ type: 'ended', code, signal });
  process.off('disconnect', stop);
  if (process.connected) process.disconnect();
});
