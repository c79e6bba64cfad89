/**
 * The way of one request: route → checks → body → symbol → shard → reply.
 *
 * Guarantees: the body goes on byte for byte; the request to the shard is built anew, so that nothing of the client's
 * hop travels on; everything that is refused here was accepted by nobody.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ORDER_BODY_BYTES_MAX, SEED_BODY_BYTES_MAX } from '../protocol/orders.ts';
import { failureReply, passReply, REFUSE, type Reply } from './gateway-reply.ts';
import { readOrderSymbol } from './order-symbol.ts';
import { readBody } from './request-body.ts';
import type { Route } from './routes.ts';
import type { ShardClient, ShardRequest } from './shard-client.ts';
import type { ShardMap } from './shard-map.ts';

export interface Forwarder {
  map: ShardMap;
  /** One for each shard of the map. */
  clients: ReadonlyMap<string, ShardClient>;
  /** Seeds being read or at a shard. */
  seedsInFlight: number;
}

/** 8 MiB each. Seeding is done by one client before a load, a shard after the other or all at once. */
const SEEDS_IN_FLIGHT_MAX = 4;
/** The client's headers that a shard reads. */
const FORWARDED_HEADERS = ['content-type', 'authorization'] as const;

/** A request as node:http hands it over. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** @returns undefined when the client has gone before its request was complete. */
export async function forwardRequest(
  exchange: Exchange,
  route: Exclude<Route, { kind: 'own' }>,
  forwarder: Forwarder,
): Promise<Reply | undefined> {
  switch (route.kind) {
    case 'bad path':
      return REFUSE.badRequest('Malformed request path');
    case 'not found':
      return REFUSE.notFound();
    case 'wrong method':
      return REFUSE.wrongMethod(route.allow);
    case 'order':
      return forwardOrder(exchange, forwarder);
    case 'symbol':
      return forwardBySymbol(exchange, route, forwarder);
    case 'seed':
      return forwardSeed(exchange, route, forwarder);
  }
}

async function forwardOrder(exchange: Exchange, forwarder: Forwarder): Promise<Reply | undefined> {
  const body = await jsonBody(exchange, ORDER_BODY_BYTES_MAX);
  if (!Buffer.isBuffer(body)) return body;
  const reading = readOrderSymbol(body);
  if (reading.kind === 'not JSON') return REFUSE.notJson();
  if (reading.kind === 'no symbol') return REFUSE.noSymbolInBody();
  const shard = forwarder.map.shardOf(reading.symbol);
  if (shard === undefined) return REFUSE.unknownSymbol(reading.symbol);
  return ask(shard, { method: 'POST', path: '/orders', headers: headersOf(exchange), body }, forwarder);
}

async function forwardBySymbol(
  exchange: Exchange,
  { method, path, symbol }: Extract<Route, { kind: 'symbol' }>,
  forwarder: Forwarder,
): Promise<Reply | undefined> {
  if (symbol === null || symbol === '') return REFUSE.noSymbolInQuery();
  const shard = forwarder.map.shardOf(symbol);
  if (shard === undefined) return REFUSE.unknownSymbol(symbol);
  if (method !== 'PATCH')
    return ask(shard, { method, path, headers: headersOf(exchange, ['authorization']) }, forwarder);
  const body = await jsonBody(exchange, ORDER_BODY_BYTES_MAX);
  if (!Buffer.isBuffer(body)) return body && { ...body, shard };
  return ask(shard, { method, path, headers: headersOf(exchange), body }, forwarder);
}

async function forwardSeed(
  exchange: Exchange,
  { method, path, shardId }: Extract<Route, { kind: 'seed' }>,
  forwarder: Forwarder,
): Promise<Reply | undefined> {
  if (!forwarder.clients.has(shardId)) return REFUSE.unknownShard(shardId);
  if (forwarder.seedsInFlight >= SEEDS_IN_FLIGHT_MAX) {
    return failureReply({ kind: 'overloaded', outcome: 'not_accepted' }, shardId);
  }
  forwarder.seedsInFlight++;
  try {
    const body = await jsonBody(exchange, SEED_BODY_BYTES_MAX);
    if (!Buffer.isBuffer(body)) return body && { ...body, shard: shardId };
    return await ask(shardId, { method, path, headers: headersOf(exchange), body }, forwarder);
  } finally {
    forwarder.seedsInFlight--;
  }
}

/** The body, or why there is none; undefined when the client has gone. */
async function jsonBody({ request, response }: Exchange, bytesMax: number): Promise<Buffer | Reply | undefined> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) return REFUSE.mediaType();
  const reading = await readBody(request, response, bytesMax);
  if (reading.kind === 'client gone') return undefined;
  return reading.kind === 'body' ? reading.bytes : REFUSE.tooLarge(bytesMax);
}

async function ask(shard: string, request: ShardRequest, { clients }: Forwarder): Promise<Reply> {
  const client = clients.get(shard);
  if (client === undefined) throw new Error(`shard ${shard} is in the map and has no client`);
  const result = await client.send(request);
  return result.kind === 'answer' ? passReply(result, shard) : failureReply(result, shard);
}

function headersOf(
  { request }: Exchange,
  names: readonly (typeof FORWARDED_HEADERS)[number][] = FORWARDED_HEADERS,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of names) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
