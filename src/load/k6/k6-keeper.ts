/**
 * Stands between mex and k6, so that k6 cannot outlive mex: `node k6-keeper.ts PROGRAM ARGUMENT…`, with an IPC channel. It
 * ignores the terminal's signals, passes k6's output through, says how k6 ended, and tells k6 to stop when mex says so or
 * is gone: by SIGINT, on which k6 ends in good order and writes its summary, and then by SIGKILL.
 */
import { spawn } from 'node:child_process';
import { messageOf } from '../../errors/mex-error.ts';

export type FromKeeper =
  | { type: 'started'; pid: number }
  | { type: 'ended'; code: number | null; signal: string | null }
  | { type: 'failed'; message: string };

const STOP_WAIT_MS = 15_000;

const [program = '', ...argv] = process.argv.slice(2);
const k6 = spawn(program, argv, { stdio: ['ignore', 'inherit', 'inherit'] });

function tell(message: FromKeeper): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function stop(): void {
  k6.kill('SIGINT');
  setTimeout(() => k6.kill('SIGKILL'), STOP_WAIT_MS).unref();
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
