/**
 * One pair of orders that must match, through one shard: seed → order → match → events.
 *
 * The pair is put between the best bid and the best ask of a book, where it can touch nobody else's order; where there is
 * no room, that is the finding.
 */
import type { EngineEvent } from '../protocol/events.ts';
import { METRIC } from '../protocol/metrics.ts';
import type { BookView, OrderAccepted, Seeded } from '../protocol/replies.ts';
import { SHARD_SYMBOLS, type ShardId } from '../protocol/shards.ts';
import type { Endpoint } from '../targets/target.ts';
import { callJson, postJson } from './post-json.ts';
import { type SmokeStep, smokeFailure } from './smoke-checks.ts';
import { waitFor } from './wait-for.ts';

/** What arrives in the topics from the moment on in which it was opened. */
export interface EventWatch {
  /** Those that mention the wanted ids, so far. @throws when the topics can be read no more */
  events(): readonly EngineEvent[];
  close(): Promise<void>;
}

export interface PairContext {
  shard: ShardId;
  engine: Endpoint;
  /** The gateway, where there is one. */
  entry: Endpoint;
  /** Part of both order ids. */
  idPrefix: string;
  mayReset: boolean;
  /** Of engines that ask for one. */
  adminToken?: string | undefined;
  signal: AbortSignal;
}

/** Topics that were just made take a second or two to get their leaders. */
const EVENTS_WAIT_MS_MAX = 10_000;

/** @param watch throws when the topics could not be opened */
export function pairSteps(context: PairContext, watch: () => EventWatch): SmokeStep[] {
  const pair = new Pair(context);
  const { shard } = context;
  return [
    { name: `shard ${shard}: a seed is taken`, work: () => pair.seed() },
    { name: `shard ${shard}: an order is accepted`, work: () => pair.order() },
    { name: `shard ${shard}: they match`, work: () => pair.matched() },
    { name: `shard ${shard}: the events arrive`, work: () => pair.arrived(watch()) },
  ];
}

class Pair {
  readonly #context: PairContext;
  readonly #askId: string;
  readonly #buyId: string;
  #place = { symbol: '', price: 0 };
  #matchesBefore = 0;

  constructor(context: PairContext) {
    this.#context = context;
    this.#askId = `${context.idPrefix}-${context.shard}-ask`;
    this.#buyId = `${context.idPrefix}-${context.shard}-buy`;
  }

  async seed(): Promise<string> {
    const { engine, entry, shard, mayReset, adminToken, signal } = this.#context;
    if (mayReset) await postJson(`${engine.url}/reset`, {}, signal, adminToken);
    this.#place = await freePlace(shard, entry);
    this.#matchesBefore = await matchesOf(engine);
    const ask = { ...this.#place, quantity: 1, orderId: this.#askId, side: 'SELL' };
    const seedUrl = `${entry.url}/seed/${shard}`;
    const { seeded } = Object(await postJson(seedUrl, { orders: [ask] }, signal, adminToken)) as Seeded;
    if (seeded !== 1) throw smokeFailure(`${seeded} of 1 asks were taken`);
    return `1 ask of ${this.#place.symbol} at ${this.#place.price} cents`;
  }

  async order(): Promise<string> {
    const { entry, shard, signal } = this.#context;
    const buy = { ...this.#place, quantity: 1, orderId: this.#buyId, side: 'BUY' };
    const reply = Object(await postJson(`${entry.url}/orders`, buy, signal)) as OrderAccepted;
    const { status, orderId, shardId } = reply;
    if (status === 'ACCEPTED' && orderId === this.#buyId && shardId === shard) return `by shard ${shardId}`;
    throw smokeFailure(`${entry.url}/orders answered ${JSON.stringify(reply)}`);
  }

  async matched(): Promise<string> {
    const made = (await matchesOf(this.#context.engine)) - this.#matchesBefore;
    if (made !== 1) throw smokeFailure(`${made} matches were counted, expected 1`);
    return `1 match of ${this.#place.symbol}`;
  }

  /** The order, and the match of the two; a seed is no event. */
  async arrived(watch: EventWatch): Promise<string> {
    const missing = (): string[] => {
      const events = watch.events();
      const isOrder = (one: EngineEvent): boolean => one.type === 'ORDER_PLACED' && one.orderId === this.#buyId;
      const isTheirs = (one: EngineEvent): boolean =>
        one.type === 'MATCH_EXECUTED' && one.makerOrderId === this.#askId && one.takerOrderId === this.#buyId;
      return [
        ...(events.some(isOrder) ? [] : ['the order in orders']),
        ...(events.some(isTheirs) ? [] : ['the match in matches']),
      ];
    };
    await waitFor(async () => missing().length === 0, EVENTS_WAIT_MS_MAX);
    const lacking = missing();
    if (lacking.length === 0) return 'the order in orders, the match in matches';
    throw smokeFailure(`missing after ${EVENTS_WAIT_MS_MAX / 1_000} s: ${lacking.join(', ')}`);
  }
}

/** The first of a shard's books with a price between its best bid and its best ask. */
async function freePlace(shard: ShardId, entry: Endpoint): Promise<{ symbol: string; price: number }> {
  for (const symbol of SHARD_SYMBOLS[shard]) {
    const url = `${entry.url}/book/${symbol}?levels=1`;
    const { status, body } = await callJson(url);
    if (status !== 200) throw smokeFailure(`${url} answered ${status} ${JSON.stringify(body)}`);
    const price = freePrice(body as BookView);
    if (price !== undefined) return { symbol, price };
  }
  throw smokeFailure(`no book of shard ${shard} has a price free between bid and ask: POST /reset empties them`);
}

const EMPTY_BOOK_PRICE_CENTS = 15_000;

export function freePrice({ bids, asks }: Pick<BookView, 'bids' | 'asks'>): number | undefined {
  const bid = bids[0]?.price ?? 0;
  const ask = asks[0]?.price ?? Math.max(bid, EMPTY_BOOK_PRICE_CENTS) + 2;
  return ask - bid < 2 ? undefined : ask - 1;
}

async function matchesOf(engine: Endpoint): Promise<number> {
  const { body } = await callJson(engine.metricsUrl);
  const value = new RegExp(`^${METRIC.matches}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(String(body))?.[1];
  if (value === undefined) throw smokeFailure(`${engine.metricsUrl} has no ${METRIC.matches}`);
  return Number(value);
}
