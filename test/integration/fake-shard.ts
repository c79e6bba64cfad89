/** A shard on real node:http with faults that can be switched while it runs. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface FakeShard {
  origin: string;
  /** Every request that was read to its end. */
  seen: Seen[];
  /** What is done with the next requests: answer, never answer, or reset the connection. */
  behave: (seen: Seen, response: ServerResponse, socket: Socket) => void;
  /** Requests that have been left without an answer. */
  hanging: ServerResponse[];
  connections(): number;
  close(): Promise<void>;
}

export async function startFakeShard(): Promise<FakeShard> {
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks) };
    shard.seen.push(seen);
    shard.behave(seen, response, request.socket);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shard: FakeShard = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    behave: accept,
    hanging: [],
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return shard;
}

export const accept: FakeShard['behave'] = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ACCEPTED"}');
};

export const reset: FakeShard['behave'] = (_seen, _response, socket) => void socket.resetAndDestroy();

export const hangIn =
  (shard: FakeShard): FakeShard['behave'] =>
  (_, response) =>
    void shard.hanging.push(response);
