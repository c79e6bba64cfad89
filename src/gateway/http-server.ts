/**
 * A node:http server with its doors closed: every time, size and number a client could stretch is bounded, and what
 * is not HTTP gets a JSON answer too. Left out: what is served.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';

const TIMES = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** How often the two above are looked at. */
  connectionsCheckingInterval: 1_000,
  /** Above the idle time of any client that keeps connections, so that the client closes first. */
  keepAliveTimeout: 75_000,
} as const;
const HEADER_BYTES_MAX = 8 * 1024;
const HEADERS_MAX = 64;
/** Ten times the connections of the experiment's generator; with 64 KiB a body it bounds what is read at once. */
const CONNECTIONS_MAX = 2_048;
/** Read and thrown away behind a refused body, so that the client gets to see the answer: one and a half seeds. */
const DISCARDED_BYTES_MAX = 12 * 1024 * 1024;

export function createHardenedServer(listener: RequestListener): Server {
  const server = createServer({ ...TIMES, maxHeaderSize: HEADER_BYTES_MAX, noDelay: true }, listener);
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  // A body that will be refused need not be sent: the listener decides whether to ask for it.
  server.on('checkContinue', listener);
  server.on('clientError', answerClientError);
  return server;
}

/** @returns the port. @throws MexError exit 74 when it cannot be had. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new MexError(`Cannot listen on ${host} port ${port}: ${messageOf(cause)}`, {
          code: 'LISTEN',
          exit: SERVER_EXIT.io,
          suggestion: 'Port 0 takes a free one.',
          cause,
        }),
      ),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Stops listening, closes what is idle, cuts what is not. Does nothing to a server that never listened. */
export function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Ends an answer whose request has a body that nobody read. Closing at once would reset the connection, and the
 * client could lose the answer while it is still writing: so the rest is read away first, up to a limit.
 */
export function endWithUnreadBody(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  response.write(body);
  if (request.headers.expect !== undefined || request.complete) {
    response.end();
    return;
  }
  let discardedBytes = 0;
  const end = (): void => void response.end();
  request.on('data', (chunk: Buffer) => {
    discardedBytes += chunk.length;
    if (discardedBytes > DISCARDED_BYTES_MAX) request.destroy();
  });
  request.once('end', end).once('close', end).resume();
}

const CLIENT_ERRORS = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
] as const);

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, text] = CLIENT_ERRORS.get(error.code as 'HPE_HEADER_OVERFLOW') ?? [400, 'Bad Request'];
  const body = JSON.stringify({ error: text, outcome: 'not_accepted' });
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}
