/**
 * A `node:http` server with every limit set, that answers in JSON whatever comes, and ends within a known time. What is
 * not a plain request for a path, with one host, is refused before it is routed.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Refusal, refusalBody, sendRefusal } from './send.ts';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** How often the two above are looked at. */
  connectionsCheckingInterval: 1_000,
  /** Longer than a usual client's pool keeps a connection, so that the client closes first. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8 * 1024,
  noDelay: true,
  /** Asked for here, so that its absence is answered in JSON. */
  requireHostHeader: false,
};
const HEADERS_MAX = 64;
/** Node cuts silently what is beyond its own limit: it is set higher, so that too many are seen and refused. */
const HEADERS_SEEN_MAX = 2 * HEADERS_MAX;
/** Some tens of KiB each: many times the connections of a gateway and a load generator. */
const CONNECTIONS_MAX = 16_384;
/** Without a byte in either direction; above the idle time, so that it cuts only a client that does not read. */
const SOCKET_MS_MAX = 90_000;
/** For answers under way; then connections are cut. */
const CLOSE_MS_MAX = 2_000;

export function jsonServer(listener: RequestListener): Server {
  /** Of each connection, the answer that will be written last. */
  const lastAnswer = new WeakMap<Duplex, ServerResponse>();
  const checked: RequestListener = (request, response) => {
    lastAnswer.set(request.socket, response);
    const refusal = formRefusal(request);
    if (refusal === null) listener(request, response);
    else sendRefusal(response, { ...refusal, headers: { ...refusal.headers, Connection: 'close' } });
  };
  const server = createServer(LIMITS, checked);
  server.maxHeadersCount = HEADERS_SEEN_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(SOCKET_MS_MAX);
  // A body that will be refused need not be sent: the listener asks for it when it is wanted.
  server.on('checkContinue', checked);
  server.on('checkExpectation', (_, response) =>
    sendRefusal(response, {
      ...{ httpStatus: 417, reason: 'Expect: only 100-continue is understood' },
      headers: { Connection: 'close' },
    }),
  );
  server.on('upgrade', (_, socket) => endWith(socket, '400 Bad Request', 'Upgrade is not supported'));
  server.on('connect', (_, socket) => endWith(socket, '405 Method Not Allowed', 'Method not allowed: CONNECT'));
  server.on('clientError', (thrown: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || thrown.code === 'ECONNRESET') socket.destroy();
    else refuseBytes(socket, CLIENT_ERRORS[thrown.code ?? ''] ?? '400 Bad Request', lastAnswer.get(socket));
  });
  return server;
}

/** What follows the last sound request, or belongs to it, is no HTTP. Sound requests before it get their own answers. */
function refuseBytes(socket: Duplex, status: string, last: ServerResponse | undefined): void {
  const reason = status.replace(/^\d+ /, '');
  if (last === undefined || last.writableFinished) endWith(socket, status, reason);
  else if (last.req.complete) last.once('finish', () => endWith(socket, status, reason));
  else sendRefusal(last, { httpStatus: Number.parseInt(status, 10), reason, headers: { Connection: 'close' } });
}

/** Is it a request for a path, of one host, with headers that can be counted? */
function formRefusal({ url, rawHeaders, httpVersion }: IncomingMessage): Refusal | null {
  if (httpVersion === '0.9') return { httpStatus: 400, reason: 'HTTP/0.9 is not spoken here, only HTTP/1.1' };
  if (url?.charCodeAt(0) !== SLASH) return { httpStatus: 400, reason: 'The request target must be a path' };
  if (rawHeaders.length > 2 * HEADERS_MAX) return { httpStatus: 431, reason: `More than ${HEADERS_MAX} headers` };
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) return { httpStatus: 400, reason: 'More than one Host header' };
  return hosts === 0 && httpVersion === '1.1' ? { httpStatus: 400, reason: 'No Host header' } : null;
}

const SLASH = 47;
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

/** To a client that got no response object. */
function endWith(socket: Duplex, status: string, reason: string): void {
  const body = refusalBody({ httpStatus: Number.parseInt(status, 10), reason });
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.on('error', () => socket.destroy());
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

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
