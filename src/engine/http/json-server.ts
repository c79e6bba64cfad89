/** A `node:http` server with every limit set, that answers in JSON whatever happens, and ends within a known time. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Outcome, Rejected } from '../../protocol/replies.ts';

const HEADERS_MS_MAX = 5_000;
const REQUEST_MS_MAX = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** Longer than a usual client's pool keeps a connection, so that the client closes first. */
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES_MAX = 8 * 1024;
/** For answers under way; then connections are cut. */
const CLOSE_MS_MAX = 2_000;

/** An answer that is not 2xx. */
export interface Refusal {
  httpStatus: number;
  reason: string;
  orderId?: string | null;
  /** `not_accepted` where absent. */
  outcome?: Outcome;
  headers?: Readonly<Record<string, string>>;
}

export function jsonServer(listener: RequestListener): Server {
  const limits = {
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    noDelay: true,
  };
  const server = createServer(limits, listener);
  server.on('clientError', (thrown: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || thrown.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const status = CLIENT_ERRORS[thrown.code ?? ''] ?? '400 Bad Request';
    const reason = status.replace(/^\d+ /, '');
    const body = refusalBody({ httpStatus: 400, reason });
    const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
    socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
  });
  return server;
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Resolves with the port. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Takes no new connection, lets answers under way out, then ends. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
  await closed;
  clearTimeout(cut);
}

export function sendJson(response: ServerResponse, httpStatus: number, body: unknown): void {
  sendText(response, httpStatus, JSON.stringify(body));
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
  sendText(response, refusal.httpStatus, refusalBody(refusal));
}

function sendText(response: ServerResponse, httpStatus: number, text: string): void {
  if (response.headersSent) return;
  response.writeHead(httpStatus, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function refusalBody({ orderId, reason, outcome }: Refusal): string {
  const body: Rejected = {
    status: 'REJECTED',
    orderId: orderId ?? null,
    reason,
    outcome: outcome ?? 'not_accepted',
  };
  return JSON.stringify(body);
}
