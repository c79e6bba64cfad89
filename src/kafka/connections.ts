/**
 * The sockets that a kafkajs client opens. It gives nobody a hold on them: a request that times out stays in the socket's
 * buffer, and is delivered when the broker wakes. So they are kept here, and can be cut, all at once, from outside; what
 * kafkajs opens while they are cut fails at once.
 */
import { connect, Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 10_000;

export class Connections {
  readonly #via: { host: string; port: number } | null;
  readonly #open = new Set<Socket>();
  #isCut = false;

  /** @param via `host:port` of a proxy that is told, in a first line, where each connection is to go */
  constructor(via: string | null = null) {
    this.#via = via === null ? null : addressOf(via);
  }

  /** Bytes that were handed over and have not left this process. */
  get bytesWaiting(): number {
    return [...this.#open].reduce((sum, socket) => sum + socket.writableLength, 0);
  }

  get count(): number {
    return this.#open.size;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Ends all connections, with what waits in them; from now on none is opened, until `allow`. */
  cut(): void {
    this.#isCut = true;
    // With an error: kafkajs listens to that, and not to a mere close.
    for (const socket of this.#open) socket.destroy(new Error('connection cut'));
  }

  allow(): void {
    this.#isCut = false;
  }

  readonly factory: ISocketFactory = ({ host, port, onConnect }) => {
    if (this.#isCut) return refusedSocket();
    const { host: to, port: toPort } = this.#via ?? { host, port };
    const socket = connect({ host: to, port: toPort }, () => {
      if (this.#via !== null) socket.write(`${host}:${port}\n`);
      onConnect();
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.add(socket);
    // A connection that ends by itself may have lost requests: nothing more is sent before somebody has looked.
    socket.once('close', () => this.#open.delete(socket));
    socket.once('error', () => this.cut());
    socket.once('end', () => {
      // Unless it was this side that ended it.
      if (!socket.writableEnded) this.cut();
    });
    return socket;
  };
}

/** Fails as soon as somebody listens. */
function refusedSocket(): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(new Error('connections are cut')));
  return socket;
}

function addressOf(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
