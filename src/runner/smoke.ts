/**
 * Is everything wired? One line a check, from outside: what a client and a scraper see.
 *
 * The pair of orders that must match is put between the best bid and the best ask of a book, where it can touch
 * nobody else's order; where there is no room, that is the finding.
 */

import { MexError, messageOf } from '../errors/mex-error.ts';
import { METRIC } from '../protocol/metrics.ts';
import type { BookView } from '../protocol/replies.ts';
import { SHARD_SYMBOLS, type ShardId } from '../protocol/shards.ts';
import type { Deployment, Endpoint } from '../targets/target.ts';
import type { MetricsSource } from '../telemetry/metrics-source.ts';
import { callJson, postJson } from './post-json.ts';
import { waitFor } from './wait-for.ts';

export interface SmokeCheck {
  name: string;
  ok: boolean;
  /** What was found; for a check that could not run, why. */
  found: string;
  skipped?: boolean;
}

interface SmokeContext {
  deployment: Deployment;
  source: MetricsSource;
  /** Part of every order id. */
  idPrefix: string;
  /** The books are the experiment's own, which empties them anyhow. */
  mayReset: boolean;
  now(): number;
  signal: AbortSignal;
}

const SCRAPE_WAIT_MS_MAX = 5_000;

export async function smoke(context: SmokeContext): Promise<SmokeCheck[]> {
  const { shards, gateway } = context.deployment;
  const checks: SmokeCheck[] = [];
  const check = async (name: string, work: () => Promise<string>): Promise<void> => {
    context.signal.throwIfAborted();
    checks.push(await outcomeOf(name, work));
  };
  const servers = [...Object.values(shards), ...(gateway ? [gateway] : [])];
  for (const server of servers) {
    await check(`${server.name}: healthy`, () => expectStatus(`${server.url}/health`, 'UP'));
    await check(`${server.name}: ready`, () => expectStatus(`${server.url}/ready`));
    await check(`${server.name}: metrics present`, () => metricsPresent(server));
  }
  for (const shard of Object.keys(shards) as ShardId[]) {
    const entry = gateway ?? shards[shard];
    if (entry !== undefined)
      await check(`shard ${shard}: a seeded ask is matched`, () => matchPair(context, shard, entry));
  }
  for (const server of servers) {
    await check(`collector: scrapes ${server.name}`, () => scraped(context, server));
  }
  checks.push({ name: 'Grafana reachable', ok: true, skipped: true, found: 'target local has no Grafana' });
  return checks;
}

async function outcomeOf(name: string, work: () => Promise<string>): Promise<SmokeCheck> {
  try {
    return { name, ok: true, found: await work() };
  } catch (thrown) {
    return { name, ok: false, found: messageOf(thrown) };
  }
}

async function expectStatus(url: string, status?: string): Promise<string> {
  const reply = await callJson(url);
  const found = (reply.body as { status?: unknown }).status;
  if (reply.status !== 200 || (status !== undefined && found !== status)) {
    throw failed(`${url} answered ${reply.status} ${JSON.stringify(reply.body)}`);
  }
  return JSON.stringify(reply.body);
}

async function metricsPresent(server: Endpoint): Promise<string> {
  const response = await fetch(server.metricsUrl, { signal: AbortSignal.timeout(SCRAPE_WAIT_MS_MAX) });
  const text = await response.text();
  const wanted = server.name === 'gateway' ? [METRIC.gatewayRequests, METRIC.gatewayRequestDuration] : ENGINE_METRICS;
  const missing = wanted.filter((name) => !text.includes(`# TYPE ${name} `));
  if (missing.length > 0) throw failed(`missing: ${missing.join(', ')}`);
  return `${wanted.length} of ${wanted.length}`;
}

const ENGINE_METRICS = [
  METRIC.matchDuration,
  METRIC.validationDuration,
  METRIC.insertionDuration,
  METRIC.matchingDuration,
  METRIC.logDuration,
  METRIC.publishDuration,
  METRIC.matches,
  METRIC.ordersReceived,
  METRIC.bookDepth,
  METRIC.bookLevels,
  METRIC.ringUtilization,
];

/** Seeds one ask, buys it, and sees the engine count exactly one match more. */
async function matchPair(context: SmokeContext, shard: ShardId, entry: Endpoint): Promise<string> {
  const { shards, adminToken } = context.deployment;
  const engine = shards[shard];
  if (engine === undefined) throw failed(`shard ${shard} is not deployed`);
  if (context.mayReset) await postJson(`${engine.url}/reset`, {}, context.signal, adminToken);
  const { symbol, price } = await freePlace(shard, entry);
  const before = await matchesOf(engine);
  const order = { symbol, price, quantity: 1 };
  const seed = { orders: [{ ...order, orderId: `${context.idPrefix}-${shard}-ask`, side: 'SELL' }] };
  await postJson(`${entry.url}/seed/${shard}`, seed, context.signal, adminToken);
  await postJson(
    `${entry.url}/orders`,
    { ...order, orderId: `${context.idPrefix}-${shard}-buy`, side: 'BUY' },
    context.signal,
  );
  const after = await matchesOf(engine);
  if (after - before !== 1) throw failed(`${after - before} matches were counted, expected 1`);
  return `1 match of ${symbol} at ${price} cents`;
}

/** The first of a shard's books with a price between its best bid and its best ask. */
async function freePlace(shard: ShardId, entry: Endpoint): Promise<{ symbol: string; price: number }> {
  for (const symbol of SHARD_SYMBOLS[shard]) {
    const price = freePrice((await callJson(`${entry.url}/book/${symbol}?levels=1`)).body as BookView);
    if (price !== undefined) return { symbol, price };
  }
  throw failed(`no book of shard ${shard} has a price free between its bid and its ask: POST /reset empties them`);
}

const EMPTY_BOOK_PRICE_CENTS = 15_000;

export function freePrice({ bids, asks }: Pick<BookView, 'bids' | 'asks'>): number | undefined {
  const bid = bids[0]?.price ?? 0;
  const ask = asks[0]?.price ?? Math.max(bid, EMPTY_BOOK_PRICE_CENTS) + 2;
  return ask - bid < 2 ? undefined : ask - 1;
}

async function matchesOf(engine: Endpoint): Promise<number> {
  const response = await fetch(engine.metricsUrl, { signal: AbortSignal.timeout(SCRAPE_WAIT_MS_MAX) });
  const value = new RegExp(`^${METRIC.matches}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(await response.text())?.[1];
  if (value === undefined) throw failed(`${engine.metricsUrl} has no ${METRIC.matches}`);
  return Number(value);
}

async function scraped({ source, now }: SmokeContext, server: Endpoint): Promise<string> {
  const sinceMs = now();
  let count = 0;
  const seen = async (): Promise<boolean> => {
    count = (await source.scrapes(server.name, { fromMs: sinceMs, toMs: now() })).length;
    return count > 0;
  };
  if (!(await waitFor(seen, SCRAPE_WAIT_MS_MAX))) throw failed(`no scrape within ${SCRAPE_WAIT_MS_MAX} ms`);
  return 'up';
}

function failed(message: string): MexError {
  return new MexError(message, { code: 'SMOKE', exit: 3 });
}
