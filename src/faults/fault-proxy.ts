/**
 * A TCP proxy that can be told to misbehave. Each connection says in a first line, `host:port`, where it is to go.
 *
 * `refuse`: nobody listens any more, and what was connected is reset. `black-hole`: connections are taken, and nothing is
 * passed on in either direction until it is over. `slow`: everything is passed on later. `cut`: what is connected is reset,
 * once; new connections work.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type ProxyMode = 'pass' | 'refuse' | 'black-hole' | 'slow';

const ROUTE_BYTES_MAX = 300;
const ROUTE_MS_MAX = 5_000;
const SLOW_MS = 500;
const CONNECTIONS_MAX = 500;

export class FaultProxy {
  readonly #upstreams: ReadonlySet<string>;
  readonly #tunnels = new Set<Tunnel>();
  readonly #host: string;
  #server: Server | null = null;
  #port: number;
  #mode: ProxyMode = 'pass';

  /** @param upstreams `host:port` of those that may be connected to */
  constructor({ host, port, upstreams }: { host: string; port: number; upstreams: readonly string[] }) {
    this.#host = host;
    this.#port = port;
    this.#upstreams = new Set(upstreams);
  }

  get port(): number {
    return this.#port;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  async listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (client) => this.#serve(client));
    server.maxConnections = CONNECTIONS_MAX;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, this.#host, resolve);
    });
    const address = server.address();
    if (address !== null && typeof address !== 'string') this.#port = address.port;
    this.#server = server;
  }

  async set(mode: ProxyMode): Promise<void> {
    if (mode === this.#mode) return;
    const isBack = this.#mode === 'refuse';
    this.#mode = mode;
    if (mode === 'refuse') await this.#stopListening();
    else if (isBack) await this.listen();
    for (const tunnel of this.#tunnels) tunnel.obey(mode);
  }

  /** Resets what is connected. */
  cut(): void {
    for (const tunnel of this.#tunnels) tunnel.reset();
  }

  async close(): Promise<void> {
    await this.#stopListening();
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const closed = server && new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }

  #serve(client: Socket): void {
    const tunnel = new Tunnel(client, this.#upstreams, this.#mode);
    this.#tunnels.add(tunnel);
    client.once('close', () => this.#tunnels.delete(tunnel));
  }
}

class Tunnel {
  readonly #client: Socket;
  readonly #upstreams: ReadonlySet<string>;
  #upstream: Socket | null = null;
  #mode: ProxyMode;
  #route = Buffer.alloc(0);

  constructor(client: Socket, upstreams: ReadonlySet<string>, mode: ProxyMode) {
    this.#client = client;
    this.#upstreams = upstreams;
    this.#mode = mode;
    client.on('error', () => this.reset());
    client.on('close', () => this.#upstream?.destroy());
    client.setNoDelay(true);
    client.setTimeout(ROUTE_MS_MAX, () => {
      if (this.#upstream === null && this.#mode !== 'black-hole') this.reset();
    });
    client.on('data', (bytes) => this.#fromClient(bytes));
    this.obey(mode);
  }

  obey(mode: ProxyMode): void {
    this.#mode = mode;
    for (const socket of [this.#client, this.#upstream]) {
      if (mode === 'black-hole') socket?.pause();
      else socket?.resume();
    }
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#upstream?.destroy();
  }

  #fromClient(bytes: Buffer): void {
    if (this.#upstream !== null) {
      this.#pass(bytes, this.#client, this.#upstream);
      return;
    }
    this.#route = Buffer.concat([this.#route, bytes]);
    const end = this.#route.indexOf(0x0a);
    if (end < 0) {
      if (this.#route.length > ROUTE_BYTES_MAX) this.reset();
      return;
    }
    const route = this.#route.subarray(0, end).toString('utf8');
    const rest = this.#route.subarray(end + 1);
    if (!this.#upstreams.has(route)) {
      this.reset();
      return;
    }
    const at = route.lastIndexOf(':');
    const upstream = connect({ host: route.slice(0, at), port: Number(route.slice(at + 1)) });
    this.#upstream = upstream;
    upstream.setNoDelay(true);
    upstream.on('error', () => this.reset());
    upstream.on('close', () => this.#client.destroy());
    upstream.on('data', (answer) => this.#pass(answer, upstream, this.#client));
    if (rest.length > 0) upstream.write(rest);
  }

  #pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (this.#mode === 'slow') {
      setTimeout(() => to.write(bytes), SLOW_MS);
      return;
    }
    if (to.write(bytes)) return;
    from.pause();
    to.once('drain', () => this.#mode !== 'black-hole' && from.resume());
  }
}
