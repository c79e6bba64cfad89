/**
 * The gateway, put together: one entry point in front of the shards.
 *
 *   client ─► http-server ─► routes ─► forward-request ─► shard-client (one a shard) ─► shard
 *                              │            └ shard-map: symbol → shard
 *                              └► own-pages: /health /ready /routes          metrics port ─► gateway-metrics
 *
 * Guarantees: a stuck shard costs the others nothing; no request is sent twice; closing finishes what has begun.
 * Left out: moving symbols between running shards.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Forwarder, forwardRequest } from './forward-request.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { createGatewayMetrics, type GatewayMetrics } from './gateway-metrics.ts';
import { REFUSE, type Reply } from './gateway-reply.ts';
import { createHardenedServer, endWithUnreadBody, listen, stopServer } from './http-server.ts';
import { ownPage } from './own-pages.ts';
import { hasBody } from './request-body.ts';
import { routeOf } from './routes.ts';
import { ShardClient } from './shard-client.ts';

export interface RunningGateway {
  httpPort: number;
  metricsPort: number;
  /** Refuses new requests (503), finishes those in flight within the shards' deadline, then stops. */
  close(): Promise<void>;
}

/** What the parts share while the gateway runs. */
interface GatewayState extends Forwarder {
  metrics: GatewayMetrics;
  stopping: boolean;
  /** Requests for shards that have no answer yet. */
  inFlight: number;
  /** Called when the last of them is answered. */
  onIdle: () => void;
}

/** Beyond the shards' deadline: time to write the answers out. */
const DRAIN_MARGIN_MS = 1_000;

/** @throws MexError exit 74 when a port cannot be had; nothing is left open then. */
export async function startGateway(config: GatewayConfig): Promise<RunningGateway> {
  const { map, limits } = config;
  const state: GatewayState = {
    map,
    clients: new Map(map.shards.map(({ id, origin }) => [id, new ShardClient(origin, limits)])),
    metrics: createGatewayMetrics(map.shards.map(({ id }) => id)),
    seedsInFlight: 0,
    stopping: false,
    inFlight: 0,
    onIdle: () => {},
  };
  const server = createHardenedServer((request, response) => void answer(request, response, state));
  const metricsServer = createHardenedServer(metricsListener(state.metrics));
  const stop = async (): Promise<void> => {
    await Promise.all([stopServer(server), stopServer(metricsServer)]);
    await Promise.all([...state.clients.values()].map((client) => client.close()));
  };
  try {
    const metricsPort = await listen(metricsServer, config.httpHost, config.metricsPort);
    const httpPort = await listen(server, config.httpHost, config.httpPort);
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= drain(state, limits.timeoutMs + DRAIN_MARGIN_MS).then(stop);
      return closed;
    };
    return { httpPort, metricsPort, close };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, state: GatewayState): Promise<void> {
  const route = routeOf(request.method ?? '', request.url ?? '');
  if (route.kind === 'own') {
    write({ request, response }, await ownPage(route.page, state.map, state), state.stopping);
    return;
  }
  const startedAtMs = performance.now();
  state.inFlight++;
  let reply: Reply | undefined;
  response.once('close', () => {
    if (reply !== undefined) {
      const { shard, status, routingError } = reply;
      const seconds = (performance.now() - startedAtMs) / 1_000;
      state.metrics.observe({ shard, status, seconds, ...(routingError && { routingError }) });
    }
    if (--state.inFlight === 0) state.onIdle();
  });
  if (state.stopping) reply = REFUSE.stopping();
  else if (hostCount(request) > 1) reply = REFUSE.badRequest('More than one Host header');
  else reply = await forwardRequest({ request, response }, route, state);
  if (reply !== undefined) write({ request, response }, reply, state.stopping);
}

function write(exchange: { request: IncomingMessage; response: ServerResponse }, reply: Reply, last: boolean): void {
  const { request, response } = exchange;
  if (response.destroyed) return;
  const unread = hasBody(request) && !request.readableEnded;
  const headers: Record<string, string> = { ...reply.headers };
  if (last || unread) headers.connection = 'close';
  if (reply.status !== 204 && reply.status !== 304) headers['content-length'] = String(reply.body.length);
  response.writeHead(reply.status, headers);
  if (unread) endWithUnreadBody(request, response, reply.body);
  else response.end(reply.body);
}

/** Node keeps the first and hides the others: who comes between may have gone by another one. */
function hostCount({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

function metricsListener(metrics: GatewayMetrics): RequestListener {
  return async (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      write({ request, response }, REFUSE.notFound(), false);
      return;
    }
    const { contentType, text } = await metrics.expose();
    response.writeHead(200, { 'content-type': contentType }).end(text);
  };
}

/** Resolves when nothing is in flight, or after the limit. */
function drain(state: GatewayState, limitMs: number): Promise<void> {
  state.stopping = true;
  if (state.inFlight === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, limitMs);
    state.onIdle = () => {
      clearTimeout(limit);
      resolve();
    };
  });
}
