/**
 * Is everything wired? One line a check, from outside: what a client, a scraper and a reader of the topics see.
 *
 * Guarantees: whatever fails, every other check is run that does not stand on it; a server of the shape that does not run
 * is a failed check, not an absent one. The pair of orders touches nobody else's, see `smoke-pair.ts`.
 */
import { messageOf } from '../errors/mex-error.ts';
import { METRIC } from '../protocol/metrics.ts';
import { SHAPE_SHARDS, SHARD_SYMBOLS, type ShardId } from '../protocol/shards.ts';
import { type Deployment, deployCommand, type Endpoint } from '../targets/target.ts';
import type { MetricsSource } from '../telemetry/metrics-source.ts';
import { callJson } from './post-json.ts';
import { type SmokeCheck, SmokeChecks, smokeFailure } from './smoke-checks.ts';
import { grafanaSteps } from './smoke-grafana.ts';
import { type EventWatch, type PairContext, pairSteps } from './smoke-pair.ts';
import { waitFor } from './wait-for.ts';

export interface SmokeContext {
  deployment: Deployment;
  source: MetricsSource;
  /** Part of every order id. */
  idPrefix: string;
  /** The books are the experiment's own, which empties them anyhow. */
  mayReset: boolean;
  /** Opens the topics that the deployment publishes to. @param mentions in the ids of the orders that are looked for */
  watchEvents(mentions: string, signal: AbortSignal): Promise<EventWatch>;
  /** Base URL. Absent: it is not looked at. */
  grafanaUrl?: string;
  now(): number;
  signal: AbortSignal;
}

/** A server that has just started is found at the next look around, and scraped at the one after. */
const SCRAPES_WAITED_MAX = 5;

export async function smoke(context: SmokeContext): Promise<SmokeCheck[]> {
  const { deployment, idPrefix, signal } = context;
  const { gateway, shards } = deployment;
  const checks = new SmokeChecks(signal);
  for (const name of missingServers(deployment)) await checks.run(`${name}: runs`, () => notRunning(name, deployment));
  const servers = [...Object.values(shards), ...(gateway ? [gateway] : [])];
  for (const server of servers) {
    await checks.run(`${server.name}: healthy`, () => expectStatus(`${server.url}/health`, 'UP'));
    await checks.run(`${server.name}: ready`, () => expectStatus(`${server.url}/ready`));
    await checks.run(`${server.name}: metrics present`, () => metricsPresent(server));
  }
  const watch = await opened(context.watchEvents(idPrefix, signal));
  try {
    for (const shard of Object.keys(shards) as ShardId[]) {
      if (gateway) await checks.run(`gateway: routes the symbols of shard ${shard}`, () => routes(gateway, shard));
      await checks.runInOrder(pairSteps(pairOf(context, shard), watch.read));
    }
  } finally {
    await watch.close();
  }
  // At once: one that hangs costs its wait for all of them together.
  const scrapes = servers.map((server) => ({ server, found: Promise.allSettled([scraped(context, server)]) }));
  for (const { server, found } of scrapes) {
    await checks.run(`${context.source.name}: scrapes ${server.name}`, async () => answerOf(await found));
  }
  if (context.grafanaUrl === undefined) checks.skip('Grafana: reachable', 'not asked for: --grafana URL');
  else await checks.runInOrder(grafanaSteps(context.grafanaUrl, signal));
  return checks.all;
}

/** Servers of the shape that do not run; where some do, the rest is looked at all the same. */
function missingServers({ shape, shards, gateway }: Deployment): string[] {
  const engines = SHAPE_SHARDS[shape].filter((shard) => shards[shard] === undefined).map((shard) => `engine-${shard}`);
  return shape === 'multi' && gateway === undefined ? [...engines, 'gateway'] : engines;
}

async function notRunning(name: string, deployment: Deployment): Promise<never> {
  throw smokeFailure(`${name} has ended. Start it again: ${deployCommand(deployment)}`);
}

/** A broker that does not answer is told by each check that stands on it. */
async function opened(opening: Promise<EventWatch>): Promise<{ read(): EventWatch; close(): Promise<void> }> {
  try {
    const watch = await opening;
    return { read: () => watch, close: () => watch.close() };
  } catch (thrown) {
    const read = (): never => {
      throw thrown;
    };
    return { read, close: async () => {} };
  }
}

function pairOf({ deployment, idPrefix, mayReset, signal }: SmokeContext, shard: ShardId): PairContext {
  const engine = deployment.shards[shard];
  if (engine === undefined) throw new Error(`shard ${shard} is not among the deployed`);
  const { gateway, adminToken } = deployment;
  return { shard, engine, entry: gateway ?? engine, idPrefix, mayReset, adminToken, signal };
}

async function expectStatus(url: string, status?: string): Promise<string> {
  const reply = await callJson(url);
  const { status: found } = Object(reply.body) as { status?: unknown };
  if (reply.status !== 200 || (status !== undefined && found !== status)) {
    throw smokeFailure(`${url} answered ${reply.status} ${JSON.stringify(reply.body)}`);
  }
  return JSON.stringify(reply.body);
}

async function metricsPresent(server: Endpoint): Promise<string> {
  const { status, body } = await callJson(server.metricsUrl);
  if (status !== 200) throw smokeFailure(`${server.metricsUrl} answered ${status}`);
  const wanted = server.name === 'gateway' ? GATEWAY_METRICS : ENGINE_METRICS;
  const missing = wanted.filter((name) => !String(body).includes(`# TYPE ${name} `));
  if (missing.length > 0) throw smokeFailure(`missing: ${missing.join(', ')}`);
  return `${wanted.length} of ${wanted.length}`;
}

const GATEWAY_METRICS = [METRIC.gatewayRequests, METRIC.gatewayRequestDuration];
/** Those of the contract, and those that a verdict is made of. */
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
  METRIC.matchDurationFine,
  METRIC.stageDurationFine,
  METRIC.gcPause,
  METRIC.gcPauseMax,
  METRIC.eventsOffered,
  METRIC.eventsSent,
  METRIC.heapUsed,
  METRIC.processStart,
];

/** Each symbol's book, asked for at the gateway, comes from the shard that owns it. */
async function routes(gateway: Endpoint, shard: ShardId): Promise<string> {
  for (const symbol of SHARD_SYMBOLS[shard]) {
    const { status, body } = await callJson(`${gateway.url}/book/${symbol}?levels=1`);
    const { shardId } = Object(body) as { shardId?: unknown };
    if (status !== 200) throw smokeFailure(`the book of ${symbol}: ${status} ${JSON.stringify(body)}`);
    if (shardId !== shard) throw smokeFailure(`the book of ${symbol} came from shard ${String(shardId)}`);
  }
  return SHARD_SYMBOLS[shard].join(', ');
}

function answerOf([outcome]: [PromiseSettledResult<string>]): string {
  if (outcome.status === 'fulfilled') return outcome.value;
  throw outcome.reason;
}

async function scraped({ source, now }: SmokeContext, server: Endpoint): Promise<string> {
  const sinceMs = now();
  const waitMsMax = SCRAPES_WAITED_MAX * source.intervalMsMax;
  let why = `no scrape within ${waitMsMax} ms`;
  const seen = async (): Promise<boolean> => {
    try {
      return (await source.scrapes(server.name, { fromMs: sinceMs, toMs: now() })).atMs.length > 0;
    } catch (thrown) {
      why = messageOf(thrown);
      return false;
    }
  };
  if (await waitFor(seen, waitMsMax)) return 'up';
  throw smokeFailure(why);
}
