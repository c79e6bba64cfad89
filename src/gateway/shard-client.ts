/**
 * The way to one shard: a bounded queue, a bounded number of kept-alive connections, a deadline for each request.
 *
 * Guarantees: a request is written to the shard at most once, never again on its own; every call ends within the
 * deadline; a full queue is told at once; what waits here never touches another shard. A failure says whether bytes
 * of the request may have left. Left out: choosing the shard, and what a client is told.
 *
 *   send ─► waiting (at most `queue`) ─► at the pool (at most `connections`) ─► answer
 *     │         │ deadline                  │ deadline, connect error, reset
 *     └► overloaded                         └► timeout, unavailable
 *
 * The queue is ours, because undici's is unbounded and a request in it cannot be taken out again.
 */
import { connect } from 'node:net';
import { type buildConnector, type Dispatcher, Pool } from 'undici';
import type { Outcome } from '../protocol/replies.ts';
import type { ShardLimits } from './gateway-config.ts';

export interface ShardRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Origin form, with query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
}

export interface ShardAnswer {
  kind: 'answer';
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface ShardFailure {
  kind: 'overloaded' | 'unavailable' | 'timeout';
  outcome: Outcome;
}

export type ShardResult = ShardAnswer | ShardFailure;

/** Below the 75 s after which a shard closes an idle connection, so that none is reused while it closes. */
const IDLE_MS_MAX = 30_000;
/** A book of every level is far below; anything larger is not an answer of ours. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

export class ShardClient {
  readonly #pool: Pool;
  readonly #limits: ShardLimits;
  /** In order of arrival; a Set, because a deadline takes one out of the middle. */
  readonly #waiting = new Set<ShardCall>();
  #running = 0;

  constructor(origin: string, limits: ShardLimits) {
    this.#limits = limits;
    this.#pool = new Pool(origin, {
      connections: limits.connections,
      pipelining: 1,
      connect: connector(limits.connectTimeoutMs),
      keepAliveTimeout: IDLE_MS_MAX,
      keepAliveMaxTimeout: IDLE_MS_MAX,
      maxResponseSize: ANSWER_BYTES_MAX,
      // Ours holds to the millisecond, undici's to the second.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never rejects. */
  send(request: ShardRequest): Promise<ShardResult> {
    if (this.#running >= this.#limits.connections && this.#waiting.size >= this.#limits.queue) {
      return Promise.resolve({ kind: 'overloaded', outcome: 'not_accepted' });
    }
    return new Promise((resolve) => {
      const call = new ShardCall(request, {
        onResult: (result) => {
          clearTimeout(deadline);
          this.#waiting.delete(call);
          resolve(result);
        },
        onReleased: () => {
          this.#running--;
          this.#startNext();
        },
      });
      const deadline = setTimeout(() => call.expire(), this.#limits.timeoutMs);
      this.#waiting.add(call);
      this.#startNext();
    });
  }

  /** Closes the connections; what is still running fails. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #startNext(): void {
    const [call] = this.#waiting;
    if (call === undefined || this.#running >= this.#limits.connections) return;
    this.#waiting.delete(call);
    this.#running++;
    const { method, path, headers, body } = call.request;
    this.#pool.dispatch({ method, path, headers, body: body ?? null }, call);
  }
}

interface CallListener {
  /** Once: what the caller is told. */
  onResult(result: ShardResult): void;
  /** Once, for a call that was given to the pool: its connection is free or gone. */
  onReleased(): void;
}

/** One request on its way, and the handler through which undici tells of it. */
class ShardCall implements Dispatcher.DispatchHandler {
  readonly request: ShardRequest;
  readonly #listener: CallListener;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { status: number; headers: ShardAnswer['headers'] } | undefined;
  #told = false;

  constructor(request: ShardRequest, listener: CallListener) {
    this.request = request;
    this.#listener = listener;
  }

  /** The deadline has passed. Ends the connection too: its answer could come at any time and belong to nobody. */
  expire(): void {
    this.#tell({ kind: 'timeout', outcome: this.#outcome() });
    this.#controller?.abort(new Error('deadline'));
  }

  /** Called when there is a connection, right before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#told) controller.abort(new Error('deadline before a connection'));
    else this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ShardAnswer['headers']): void {
    if (status >= 200) this.#answer = { status, headers };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#answer !== undefined) {
      this.#tell({ kind: 'answer', ...this.#answer, body: Buffer.concat(this.#chunks) });
    }
    this.#listener.onReleased();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const kind = error instanceof ConnectTimeout ? 'timeout' : 'unavailable';
    this.#tell({ kind, outcome: this.#outcome() });
    this.#listener.onReleased();
  }

  /** Without a connection nothing has left; with one, anything may have. */
  #outcome(): Outcome {
    return this.#controller === undefined ? 'not_accepted' : 'unknown';
  }

  #tell(result: ShardResult): void {
    if (this.#told) return;
    this.#told = true;
    this.#listener.onResult(result);
  }
}

class ConnectTimeout extends Error {}

/** Connects within the limit: undici's own connector may take up to a second longer. */
function connector(timeoutMs: number): buildConnector.connector {
  return ({ hostname, port }, callback) => {
    const socket = connect({ host: hostname, port: Number(port || 80), noDelay: true, keepAlive: true });
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), timeoutMs);
    const onError = (error: Error): void => {
      clearTimeout(timer);
      callback(error, null);
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      callback(null, socket);
    });
  };
}
