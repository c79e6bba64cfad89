/**
 * A client that costs less than any server: sockets, requests put together as text, answers found by their length alone.
 * A program of its own: `node client.ts PORT closed CONNECTIONS SECONDS` sends on each connection as soon as it is
 * answered; `node client.ts PORT open RATE SECONDS` sends when an order is due, whatever became of those before, and
 * counts latency from then. Prints one line of JSON.
 */
import { connect, type Socket } from 'node:net';

export interface ClosedResult {
  perSecond: number;
  /** Answers that were not 200. */
  refused: number;
}

export interface OpenResult {
  /** Milliseconds from when an order was due to its whole answer. */
  p50: number;
  p99: number;
  max: number;
  sent: number;
  refused: number;
}

/** One request at a time. */
class Connection {
  readonly #socket: Socket;
  #received = '';
  #done: ((status: string) => void) | null = null;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
  }

  send(request: string, done: (status: string) => void): void {
    this.#done = done;
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /content-length: (\d+)/i.exec(this.#received)?.[1];
    // The bare server may answer in chunks: the last one is empty.
    const isWhole =
      length === undefined ? this.#received.endsWith('0\r\n\r\n') : this.#received.length >= head + 4 + Number(length);
    if (!isWhole) return;
    const status = this.#received.slice(9, 12);
    this.#received = '';
    this.#done?.(status);
  }
}

const [port = 0, mode = '', amount = 0, seconds = 0] = process.argv
  .slice(2)
  .map((text) => (/^\d/.test(text) ? Number(text) : text));
const prefix = Math.random().toString(36).slice(2, 8);
let orders = 0;

/** Buys and sells in turn at one price, so that the book stays small; ids as long as a UUID. */
function request(): string {
  const orderId = `${prefix}-${String(orders++).padStart(29, '0')}`;
  const side = orders % 2 === 0 ? 'BUY' : 'SELL';
  const body = `{"orderId":"${orderId}","symbol":"TEST-ASSET-A","side":"${side}","price":15000,"quantity":10}`;
  return `POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function closed(connections: number): Promise<ClosedResult> {
  let answered = 0;
  let refused = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () => {
      const connection = new Connection(Number(port));
      return new Promise<void>((resolve) => {
        const next = (): void =>
          connection.send(request(), (status) => {
            answered++;
            if (status !== '200') refused++;
            if (performance.now() - started < Number(seconds) * 1000) next();
            else {
              connection.close();
              resolve();
            }
          });
        next();
      });
    }),
  );
  return { perSecond: answered / ((performance.now() - started) / 1000), refused };
}

async function open(rate: number): Promise<OpenResult> {
  const free: Connection[] = [];
  const latencies: number[] = [];
  let refused = 0;
  let sent = 0;
  const count = rate * Number(seconds);
  const started = performance.now() + 100;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      for (; sent < count && performance.now() - started >= (sent / rate) * 1000; sent++) {
        const dueMs = started + (sent / rate) * 1000;
        const connection = free.pop() ?? new Connection(Number(port));
        connection.send(request(), (status) => {
          latencies.push(performance.now() - dueMs);
          if (status !== '200') refused++;
          free.push(connection);
          if (latencies.length === count) resolve();
        });
      }
      if (sent === count) return;
      const leftMs = started + (sent / rate) * 1000 - performance.now();
      if (leftMs > 2) setTimeout(turn, Math.floor(leftMs) - 1);
      else setImmediate(turn);
    };
    turn();
  });
  for (const connection of free) connection.close();
  // The first ones meet cold code and new connections.
  const warm = latencies.slice(Math.floor(count / 10)).sort((left, right) => left - right);
  const at = (part: number): number => warm[Math.floor(part * (warm.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1), sent, refused };
}

const result = mode === 'closed' ? await closed(Number(amount)) : await open(Number(amount));
process.stdout.write(JSON.stringify(result));
