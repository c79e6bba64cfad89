/**
 * A port of this machine that leads to a pod, through the API server.
 *
 * Guarantees: it listens on 127.0.0.1 only; which pod it is, is looked up for each connection, so a pod that was replaced is
 * found again; a connection that cannot be made, or breaks, is reset and never left hanging, and the reason is told; how many
 * there are at once is bounded; after `close` nothing of it keeps the process alive. Each connection is one of its own to the
 * API server: good enough to look at things and to give orders, nothing to measure through.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import type { KubeApi } from './kube-api.ts';
import { type ForwardPlace, type FoundPod, findPod, placeName } from './pod-behind.ts';
import { openTunnel } from './pod-tunnel.ts';

export type ForwardRequest = ForwardPlace & {
  /** On 127.0.0.1. Absent: any that is free. */
  localPort?: number;
  /** Told whenever it is another pod than for the connection before, beginning with the second. */
  onOtherPod?: (pod: string) => void;
  /** Told why a connection was reset. */
  onFailure?: (why: string) => void;
};

export interface PortForward {
  port: number;
  close(): Promise<void>;
}

/** Each costs a TLS connection. A browser with a dashboard opens six. */
const CONNECTIONS_MAX = 64;
/** For who does not close its side when the pod has closed its own. */
const LINGER_MS_MAX = 10_000;

/** @throws MexError `PORT_TAKEN`; that there is no pod is found out by the first connection. Closed when the signal aborts. */
export async function forwardPort(api: KubeApi, request: ForwardRequest, signal: AbortSignal): Promise<PortForward> {
  signal.throwIfAborted();
  const open = new Set<Socket>();
  const stop = new AbortController();
  let lastUid: string | undefined;
  const tellPod = ({ pod, uid }: FoundPod): void => {
    if (lastUid !== undefined && lastUid !== uid) request.onOtherPod?.(pod);
    lastUid = uid;
  };
  // Half open: who has sent its request may still wait for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (local) => {
    open.add(local);
    local.on('close', () => open.delete(local));
    local.on('error', () => {});
    void connect(api, request, { local, tellPod }, stop.signal);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server, request);
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const close = (): Promise<void> => {
    signal.removeEventListener('abort', close);
    stop.abort();
    server.close();
    for (const local of open) local.resetAndDestroy();
    return closed;
  };
  signal.addEventListener('abort', close);
  if (signal.aborted) await close();
  return { port, close };
}

interface Near {
  local: Socket;
  tellPod(pod: FoundPod): void;
}

async function connect(
  api: KubeApi,
  request: ForwardRequest,
  { local, tellPod }: Near,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  local.once('close', () => gone.abort());
  const give = (thrown: unknown): void => {
    if (!signal.aborted && !local.destroyed) request.onFailure?.(messageOf(thrown));
    local.resetAndDestroy();
  };
  let tunnel: Duplex;
  try {
    const wanted = AbortSignal.any([signal, gone.signal]);
    const to = await findPod(api, request, wanted);
    tellPod(to);
    tunnel = await openTunnel(api, to, wanted);
  } catch (thrown) {
    return give(thrown);
  }
  tunnel.on('error', give);
  local.once('close', () => tunnel.destroy());
  if (local.destroyed) return void tunnel.destroy();
  tunnel.once('end', () => {
    // Nobody is there any more for what may still come.
    local
      .unpipe(tunnel)
      .resume()
      .setTimeout(LINGER_MS_MAX, () => local.destroy());
  });
  local.pipe(tunnel).pipe(local);
}

function listen(server: Server, request: ForwardRequest): Promise<number> {
  const { localPort = 0 } = request;
  return new Promise((resolve, reject) => {
    server.once('error', (problem: NodeJS.ErrnoException) => reject(cannotListen(localPort, request, problem)));
    server.listen({ host: '127.0.0.1', port: localPort, exclusive: true }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : localPort);
    });
  });
}

function cannotListen(port: number, place: ForwardPlace, cause: NodeJS.ErrnoException): MexError {
  const why = cause.code === 'EADDRINUSE' ? 'it is in use' : messageOf(cause);
  return new MexError(`Port ${port} of 127.0.0.1 cannot lead to ${placeName(place)}: ${why}`, {
    code: cause.code === 'EADDRINUSE' ? 'PORT_TAKEN' : 'PORT_UNUSABLE',
    exit: EXIT.environment,
    suggestion: 'End what has it, or take another port.',
    cause,
  });
}
