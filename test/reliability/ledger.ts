/**
 * What clients were told, as they were told it: the judge of everything that a crash may not take back. The clients
 * place orders that rest and orders that trade, amend and cancel, each with its next request when the last is answered.
 */
import { expect } from 'vitest';
import type { RunningEngine } from '../integration/engine-process.ts';
import { SYMBOL } from '../integration/engine-process.ts';

interface Entry {
  order: { orderId: string; symbol: string; side: string; price: number; quantity: number };
  timestamp: unknown;
  /** A cancel was answered with 200. */
  isCancelled: boolean;
  /** A cancel went out, and nobody knows what came of it. */
  isDoubtful: boolean;
}

const LEVELS = 50;
/** Every so many orders a client cancels the one before. */
const CANCEL_EVERY = 5;
const CHECKS_AT_ONCE = 16;

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  #clients = 0;

  get accepted(): number {
    return this.#entries.size;
  }

  /** One client, until it gets no answer any more. */
  async client(call: RunningEngine['call']): Promise<void> {
    const name = this.#clients++;
    for (let index = 0; ; index++) {
      const orderId = `c${name}-${index}`;
      const order = { orderId, symbol: SYMBOL, ...sideAndPrice(index), quantity: 1 + (index % 3) };
      const placed = await call('POST', '/orders', order).catch(() => null);
      if (placed === null) return;
      if (placed.status !== 200) continue;
      this.#entries.set(orderId, { order, timestamp: placed.body.timestamp, isCancelled: false, isDoubtful: false });
      if (index % CANCEL_EVERY === 0 && !(await this.#cancel(call, orderId))) return;
    }
  }

  /** Everything that was acknowledged is there, and the same order again is answered like the first time. */
  async check(call: RunningEngine['call'], fraction = 1): Promise<void> {
    const entries = [...this.#entries].slice(-Math.ceil(this.#entries.size * fraction)).values();
    const checker = async (): Promise<void> => {
      for (const [orderId, entry] of entries) {
        const { status, body } = await call('GET', `/orders/${orderId}`);
        expect([status, body.orderId, body.quantity, body.timestamp]).toEqual([
          200,
          orderId,
          entry.order.quantity,
          entry.timestamp,
        ]);
        if (entry.isCancelled) expect(body.status).toBe('CANCELLED');
        else if (!entry.isDoubtful) expect(body.status).not.toBe('CANCELLED');
      }
    };
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, checker));
    const last = [...this.#entries.values()].at(-1);
    if (last === undefined) return;
    const again = await call('POST', '/orders', last.order);
    expect(again.body).toMatchObject({ status: 'ACCEPTED', orderId: last.order.orderId, timestamp: last.timestamp });
  }

  async #cancel(call: RunningEngine['call'], orderId: string): Promise<boolean> {
    const entry = this.#entries.get(orderId);
    if (entry === undefined) return true;
    entry.isDoubtful = true;
    const answer = await call('DELETE', `/orders/${orderId}`).catch(() => null);
    if (answer === null || answer.status === 503) return answer !== null;
    entry.isDoubtful = false;
    entry.isCancelled = answer.status === 200;
    return true;
  }
}

/** Two sells that rest to one buy that takes: the book grows, and is traded against. */
function sideAndPrice(index: number): { side: string; price: number } {
  if (index % 3 === 2) return { side: 'BUY', price: 1000 };
  return { side: 'SELL', price: 1000 + (index % LEVELS) };
}
