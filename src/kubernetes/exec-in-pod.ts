/**
 * Runs a program in a container, to its end, and tells how it ended.
 *
 * Guarantees: it settles: with the exit code, or with an error when the connection ends before the code has come, when it
 * takes too long, or when the signal aborts. Left out: input for the program. A program whose connection is gone runs on in
 * the container, so one that may hang must be given a limit there (`timeout 20 …`).
 */
import type { WebSocket } from 'undici';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { parseStatus } from './api-refusal.ts';
import { pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { ContainerRef } from './pod-logs.ts';

export interface ExecRequest extends ContainerRef {
  /** Program and arguments; no shell. */
  argv: readonly string[];
  limitMs: number;
}

export interface ExecOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Both send bytes, each message beginning with the number of its stream; the first also ends streams one by one. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** What programs print is kilobytes; a runaway one must not fill the memory. */
const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;

/** What the server sends at the end. */
interface ExecStatus {
  status?: 'Success' | 'Failure';
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** @throws MexError exit 5 when it could not be run or seen to its end; a program that fails is an answer. */
export async function execInPod(api: KubeApi, request: ExecRequest, signal: AbortSignal): Promise<ExecOutput> {
  signal.throwIfAborted();
  const { namespace, pod, container, argv, limitMs } = request;
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  for (const argument of argv) query.append('command', argument);
  const path = `${pathOf({ kind: 'Pod', name: pod, namespace })}/exec`;
  const socket = await api.socket(`${path}?${query}`, PROTOCOLS);
  const limit = AbortSignal.timeout(limitMs);
  const ended = await watch(socket, AbortSignal.any([signal, limit]));
  signal.throwIfAborted();
  const attempt = `run ${argv.join(' ')} in pod ${namespace}/${pod}`;
  if (ended.kind === 'aborted') throw failed(attempt, `it was not done after ${limitMs / 1_000} s`);
  if (ended.kind === 'too much') throw failed(attempt, `it printed more than ${OUTPUT_BYTES_MAX} bytes`);
  if (ended.kind === 'not connected') {
    // A WebSocket does not say why it was refused; the same path without one does.
    await api.request({ attempt, method: 'GET', path, query: Object.fromEntries(query) }, signal);
  }
  if (ended.status === undefined) throw failed(attempt, 'the connection ended before the program did');
  const exitCode = exitCodeOf(ended.status);
  if (exitCode === undefined) throw failed(attempt, ended.status.message ?? 'it gave no reason');
  return { exitCode, stdout: ended.stdout, stderr: ended.stderr };
}

interface Ending {
  kind: 'closed' | 'not connected' | 'aborted' | 'too much';
  status?: ExecStatus;
  stdout: string;
  stderr: string;
}

function watch(socket: WebSocket, signal: AbortSignal): Promise<Ending> {
  const chunks: Record<number, Buffer[]> = { [STDOUT]: [], [STDERR]: [], [STATUS]: [] };
  const textOf = (stream: number): string => Buffer.concat(chunks[stream] ?? []).toString('utf8');
  let opened = false;
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const end = (kind: Ending['kind']): void => {
      signal.removeEventListener('abort', onAbort);
      const status = textOf(STATUS);
      const known: { status?: ExecStatus } = status === '' ? {} : { status: parseStatus(status) };
      resolve({ kind, ...known, stdout: textOf(STDOUT), stderr: textOf(STDERR) });
      socket.close();
    };
    const onAbort = (): void => end('aborted');
    signal.addEventListener('abort', onAbort);
    socket.addEventListener('open', () => {
      opened = true;
    });
    // Without a listener an error would be thrown; what it says is said by `close`, too.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => end(opened ? 'closed' : 'not connected'));
    socket.addEventListener('message', ({ data }) => {
      const message = Buffer.from(data as ArrayBuffer);
      sizeBytes += message.length;
      if (sizeBytes > OUTPUT_BYTES_MAX) return end('too much');
      // Other streams are those of the protocol itself.
      chunks[message[0] ?? 0]?.push(message.subarray(1));
    });
    if (signal.aborted) onAbort();
  });
}

/** Undefined: it was not run at all. */
function exitCodeOf({ status, details }: ExecStatus): number | undefined {
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return code === undefined ? undefined : Number(code);
}

function failed(attempt: string, why: string): MexError {
  return new MexError(`Could not ${attempt}: ${why}`, { code: 'EXEC_FAILED', exit: EXIT.environment });
}
