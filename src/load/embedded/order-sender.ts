/**
 * Sends orders over kept-alive connections, one request a connection at a time. Never throws: every order has a fate.
 * Bounded: `connections` requests at once is the caller's to keep, each ends at its deadline, a retry there is not.
 */
import { Pool } from 'undici';
import { classifyAnswer, classifyFailure, type Fate } from '../classify-answer.ts';
import type { WireOrder } from '../order-flow.ts';

/** An engine that has not answered by then will be told unknown; far above every limit that is judged. */
export const ANSWER_DEADLINE_MS = 10_000;
/** Connections opened before the first order is due: some more than 84/s needs with answers within 50 ms. */
const WARM_CONNECTIONS = 8;
const WARM_ROUNDS = 2;
const WARM_DEADLINE_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

class NoAnswer extends Error {
  readonly code: string;

  constructor(code: 'TIMEOUT' | 'STOPPED') {
    super(code);
    this.code = code;
  }
}

export class OrderSender {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #connections: number;
  readonly #outstanding = new Set<AbortController>();

  constructor(ordersUrl: string, connections: number) {
    const { origin, pathname } = new URL(ordersUrl);
    this.#basePath = pathname.replace(/\/$/, '');
    this.#connections = connections;
    this.#pool = new Pool(origin, { connections, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  /** Opens connections, so that the first orders do not pay for it. What the server answers does not matter. */
  async warmUp(): Promise<void> {
    for (let round = 0; round < WARM_ROUNDS; round++) {
      const requests = Array.from({ length: Math.min(WARM_CONNECTIONS, this.#connections) }, async () => {
        const signal = AbortSignal.timeout(WARM_DEADLINE_MS);
        const answer = await this.#pool.request({ method: 'GET', path: `${this.#basePath}/health`, signal });
        await answer.body.dump();
      });
      await Promise.allSettled(requests);
    }
  }

  /** Resolves once the whole answer is in, or it is clear that none will be. */
  async send(order: WireOrder): Promise<Fate> {
    const aborter = new AbortController();
    const deadline = setTimeout(() => aborter.abort(new NoAnswer('TIMEOUT')), ANSWER_DEADLINE_MS);
    this.#outstanding.add(aborter);
    try {
      const answer = await this.#pool.request({
        method: 'POST',
        path: `${this.#basePath}/orders`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(order),
        signal: aborter.signal,
      });
      return classifyAnswer(answer.statusCode, await answer.body.text());
    } catch (thrown) {
      return classifyFailure(thrown);
    } finally {
      clearTimeout(deadline);
      this.#outstanding.delete(aborter);
    }
  }

  /** Gives up on the answers that are still out. */
  abandon(): void {
    for (const aborter of this.#outstanding) aborter.abort(new NoAnswer('STOPPED'));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
