/** A follower in a thread of its own: one snapshot, then it ends. Says how it went to who started it. */
import { parentPort, workerData } from 'node:worker_threads';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { systemDisk } from '../wal/disk.ts';
import { type FollowerRequest, type FollowerResult, makeSnapshot } from './follower.ts';

export type FollowerReport =
  | ({ ok: true } & FollowerResult)
  | { ok: false; message: string; code: string; exit: number; suggestion: string };

try {
  report({ ok: true, ...(await makeSnapshot(workerData as FollowerRequest, systemDisk)) });
} catch (thrown) {
  const { code = 'SNAPSHOT', exit = 74, suggestion = '' } = thrown instanceof MexError ? thrown : {};
  report({ ok: false, message: messageOf(thrown), code, exit, suggestion });
}

function report(message: FollowerReport): void {
  parentPort?.postMessage(message);
}
