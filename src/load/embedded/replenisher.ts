/**
 * Keeps the asks at their seeded shape while orders consume them, outside the measured requests: its own connections,
 * its own counts. Each symbol is read and topped up by a loop of its own, so reads of one symbol never overlap.
 * It never throws: what goes wrong is counted, and the next read sees the truth.
 */
import { Agent, request } from 'undici';
import type { LoadEvidence } from '../../experiment/evidence.ts';
import { adminHeaders } from '../../protocol/admin.ts';
import type { BookView, Seeded } from '../../protocol/replies.ts';
import { SHARD_IDS, SHARD_SYMBOLS } from '../../protocol/shards.ts';
import type { LoadPlan } from '../load-driver.ts';
import type { WireOrder } from '../order-flow.ts';
import { replenishOrders } from '../replenish-orders.ts';
import { shapeOf } from '../seed-orders.ts';
import { LEVELS_READ, replenishedSymbols, replenishPeriodMs, topUp } from '../top-up.ts';

const CONNECTIONS = 4;
/** For one read or one seed. */
const ANSWER_DEADLINE_MS = 2_000;

export class Replenisher {
  readonly counts: LoadEvidence['replenished'] = { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };
  readonly #plan: LoadPlan;
  readonly #seedHeaders: Record<string, string>;
  readonly #agent = new Agent({ connections: CONNECTIONS });
  readonly #stopped = new AbortController();
  #loops: Promise<void>[] = [];

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#seedHeaders = { 'content-type': 'application/json', ...adminHeaders(plan.adminToken) };
  }

  /** The symbols start one after the other within their first period. */
  start(): void {
    const symbols = replenishedSymbols(this.#plan.phase);
    this.#loops = symbols.map((symbol, index) => this.#keepUp(symbol, index / symbols.length));
  }

  /** Resolves once nothing is under way any more: no new reads, those begun come to their end. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#loops);
    await this.#agent.destroy();
  }

  async #keepUp(symbol: string, firstPeriodShare: number): Promise<void> {
    const { phase } = this.#plan;
    const periodMs = replenishPeriodMs(phase, symbol);
    const nextAsk = replenishOrders({ ...this.#plan, symbol });
    let waitMs = periodMs * firstPeriodShare;
    while (await sleptThrough(waitMs, this.#stopped.signal)) {
      const begunMs = performance.now();
      await this.#round(symbol, nextAsk).catch(() => {
        this.counts.failures += 1;
      });
      waitMs = Math.max(0, periodMs - (performance.now() - begunMs));
    }
  }

  async #round(symbol: string, nextAsk: (priceCents: number) => WireOrder): Promise<void> {
    const book = await this.#readBook(symbol);
    this.counts.reads += 1;
    const { missing, blockedLevels } = topUp(book, shapeOf(this.#plan.phase, symbol));
    this.counts.blockedLevels += blockedLevels;
    const orders = missing.flatMap((level) => Array.from({ length: level.orders }, () => nextAsk(level.priceCents)));
    if (orders.length === 0) return;
    const { seeded } = await this.#seed(symbol, orders);
    if (seeded !== orders.length) throw new Error(`seeded ${seeded} of ${orders.length}`);
    this.counts.orders += seeded;
  }

  async #readBook(symbol: string): Promise<BookView> {
    const url = `${this.#plan.ordersUrl}/book/${encodeURIComponent(symbol)}?levels=${LEVELS_READ}`;
    const book = (await this.#ask(url, undefined)) as BookView;
    if (!Array.isArray(book.asks) || !Array.isArray(book.bids)) throw new Error(`${url} did not answer a book`);
    return book;
  }

  async #seed(symbol: string, orders: WireOrder[]): Promise<Seeded> {
    const shard = SHARD_IDS.find((id) => SHARD_SYMBOLS[id].includes(symbol));
    const url = this.#plan.seedUrls[shard ?? ''];
    if (url === undefined) throw new Error(`no seed URL for ${symbol}`);
    return (await this.#ask(url, JSON.stringify({ orders }))) as Seeded;
  }

  async #ask(url: string, body: string | undefined): Promise<unknown> {
    const answer = await request(url, {
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
      ...(body === undefined ? {} : { method: 'POST', headers: this.#seedHeaders, body }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
    return JSON.parse(text);
  }
}

/** False at once when the signal came, or comes before the time is over. */
async function sleptThrough(durationMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, durationMs, true);
  const onAbort = (): void => resolve(false);
  signal.addEventListener('abort', onAbort, { once: true });
  const slept = await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  return slept;
}
