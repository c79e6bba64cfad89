/**
 * Sends orders over kept-alive connections, one request a connection at a time. Never throws: every order has a fate.
 * Bounded: `connections` requests at once is the caller's to keep, each ends at its deadline, a retry there is not.
 */
import { type Dispatcher, Pool } from 'undici';
import { classifyAnswer, classifyFailure, type Fate } from '../classify-answer.ts';
import type { WireOrder } from '../order-flow.ts';

/** An engine that has not answered by then will be told unknown; far above every limit that is judged. */
export const ANSWER_DEADLINE_MS = 10_000;
/** Connections opened before the first order is due: some more than 84/s needs with answers within 50 ms. */
const WARM_CONNECTIONS = 8;
const WARM_ROUNDS = 250;
const WARM_MS_MAX = 3_000;
const WARM_DEADLINE_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

class NoAnswer extends Error {
  readonly code: string;

  constructor(code: 'TIMEOUT' | 'STOPPED') {
    super(code);
    this.code = code;
  }
}

interface Exchange {
  method: 'GET' | 'POST';
  path: string;
  body: string | null;
  deadlineMs: number;
}

const HEADERS = { 'content-type': 'application/json' };

export class OrderSender {
  readonly #pool: Pool;
  readonly #ordersPath: string;
  readonly #healthPath: string;
  readonly #connections: number;

  constructor(ordersUrl: string, connections: number) {
    const { origin, pathname } = new URL(ordersUrl);
    const basePath = pathname.replace(/\/$/, '');
    this.#ordersPath = `${basePath}/orders`;
    this.#healthPath = `${basePath}/health`;
    this.#connections = connections;
    this.#pool = new Pool(origin, { connections, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  /**
   * Opens connections, and goes the way of an order often enough for V8 to compile it: at 17/s that would otherwise take
   * most of a phase, and the slowest orders would be those that met the compiler. What the server answers does not matter.
   */
  async warmUp(): Promise<void> {
    const connections = Math.min(WARM_CONNECTIONS, this.#connections);
    const untilMs = performance.now() + WARM_MS_MAX;
    for (let round = 0; round < WARM_ROUNDS && performance.now() < untilMs; round++) {
      const request = { method: 'GET', path: this.#healthPath, body: null, deadlineMs: WARM_DEADLINE_MS } as const;
      await Promise.all(Array.from({ length: connections }, () => this.#exchange(request)));
    }
  }

  /** Resolves once the whole answer is in, or it is clear that none will be. */
  send(order: WireOrder): Promise<Fate> {
    const body = JSON.stringify(order);
    return this.#exchange({ method: 'POST', path: this.#ordersPath, body, deadlineMs: ANSWER_DEADLINE_MS });
  }

  /** Gives up on the answers that are still out; nothing can be sent any more. */
  abandon(): void {
    void this.#pool.destroy(new NoAnswer('STOPPED'));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /**
   * On undici's ground floor: its `request` makes a stream and a signal for each answer. One that has to wait for a
   * connection until its deadline is not sent any more.
   */
  #exchange({ method, path, body, deadlineMs }: Exchange): Promise<Fate> {
    const { promise, resolve } = Promise.withResolvers<Fate>();
    const answer = { status: 0, chunks: [] as Buffer[] };
    let started: Dispatcher.DispatchController | undefined;
    let expired: NoAnswer | undefined;
    const settle = (fate: Fate): void => {
      clearTimeout(deadline);
      resolve(fate);
    };
    const deadline = setTimeout(() => {
      expired = new NoAnswer('TIMEOUT');
      if (started === undefined) settle(classifyFailure(expired));
      else started.abort(expired);
    }, deadlineMs);
    this.#pool.dispatch(
      { method, path, headers: HEADERS, body },
      {
        onRequestStart: (controller) => {
          started = controller;
          if (expired !== undefined) controller.abort(expired);
        },
        onResponseStart: (_controller, status) => {
          answer.status = status;
        },
        onResponseData: (_controller, chunk) => {
          answer.chunks.push(chunk);
        },
        onResponseEnd: () => settle(classifyAnswer(answer.status, Buffer.concat(answer.chunks).toString())),
        onResponseError: (_controller, error) => settle(classifyFailure(error)),
      },
    );
    return promise;
  }
}
