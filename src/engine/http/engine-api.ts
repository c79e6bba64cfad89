/**
 * The order port: routes a request, validates it, hands a command to the hot path and words its outcome. Every answer is
 * JSON; one that is not 2xx says whether the command may have taken effect.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ORDER_BODY_BYTES_MAX, SEED_BODY_BYTES_MAX } from '../../protocol/orders.ts';
import type { Clock } from '../clock.ts';
import type { BookQuery, Command, Outcome } from '../commands.ts';
import type { HotPath } from '../hot-path.ts';
import { type Refusal, sendJson, sendRefusal } from './json-server.ts';
import { isOrderId, ORDER_ID_REASON, type Parsed, parseOrder, parseSeed } from './parse-order.ts';
import { mediaTypeRefusal, parseJson, readBody } from './read-body.ts';
import { findRoute, type Route } from './routes.ts';
import { replyTo } from './word-outcome.ts';

export interface EngineApiParts {
  shardId: string;
  symbols: ReadonlySet<string>;
  adminToken: string | null;
  hotPath: HotPath;
  clock: Clock;
}

const BOOK_LEVELS = { usual: 50, max: 1000 };

export function engineApi(parts: EngineApiParts): RequestListener {
  return (request, response) => {
    const route = findRoute(request.method ?? '', request.url ?? '');
    if ('httpStatus' in route) {
      sendRefusal(response, route);
      return;
    }
    if (parts.hotPath.engineState !== 'UP') response.setHeader('Connection', 'close');
    handle(parts, route, request, response);
  };
}

function handle(parts: EngineApiParts, route: Route, request: IncomingMessage, response: ServerResponse): void {
  const { shardId, hotPath } = parts;
  switch (route.name) {
    case 'health':
      sendJson(response, 200, { status: 'UP', shardId });
      break;
    case 'ready':
      sendJson(response, hotPath.engineState === 'UP' ? 200 : 503, { status: hotPath.engineState, shardId });
      break;
    case 'place':
      takeBody(parts, request, response, {
        bytesMax: ORDER_BODY_BYTES_MAX,
        toCommand: (body) => mapParsed(parseOrder(body, parts.symbols), (order) => ({ kind: 'place', order })),
      });
      break;
    case 'cancel':
      submit(parts, response, cancelOf(route));
      break;
    case 'book':
      if (parts.symbols.has(route.argument)) submit(parts, response, bookQueryOf(route));
      else sendRefusal(response, { httpStatus: 404, reason: `Unknown symbol: ${route.argument.slice(0, 64)}` });
      break;
    case 'seed':
      takeSeed(parts, route, request, response);
      break;
    case 'reset':
      takeReset(parts, request, response);
      break;
  }
}

function takeSeed(parts: EngineApiParts, route: Route, request: IncomingMessage, response: ServerResponse): void {
  const refusal = adminRefusal(parts, request) ?? shardRefusal(parts, route.argument);
  if (refusal !== null) {
    sendRefusal(response, refusal);
    return;
  }
  takeBody(parts, request, response, {
    bytesMax: SEED_BODY_BYTES_MAX,
    toCommand: (body) => mapParsed(parseSeed(body, parts.symbols), (orders) => ({ kind: 'seed', orders })),
  });
}

/** Whatever body it has is not looked at. */
function takeReset(parts: EngineApiParts, request: IncomingMessage, response: ServerResponse): void {
  const refusal = adminRefusal(parts, request);
  if (refusal !== null) {
    sendRefusal(response, refusal);
    return;
  }
  readBody(request, ORDER_BODY_BYTES_MAX, (body) => {
    if (Buffer.isBuffer(body)) submit(parts, response, { ok: true, value: { kind: 'reset' } });
    else sendRefusal(response, body);
  });
}

interface BodyRoute {
  bytesMax: number;
  toCommand(body: unknown): Parsed<Command>;
}

function takeBody(parts: EngineApiParts, request: IncomingMessage, response: ServerResponse, route: BodyRoute): void {
  const mediaType = mediaTypeRefusal(request);
  if (mediaType !== null) {
    sendRefusal(response, { ...mediaType, headers: { Connection: 'close' } });
    return;
  }
  readBody(request, route.bytesMax, (body) => {
    if (!Buffer.isBuffer(body)) {
      sendRefusal(response, body);
      return;
    }
    const receivedNs = parts.clock.monotonicNs();
    const json = parseJson(body);
    if ('httpStatus' in json) {
      sendRefusal(response, json);
      return;
    }
    submit(parts, response, route.toCommand(json.value), receivedNs);
  });
}

function submit(
  { hotPath, clock, shardId }: EngineApiParts,
  response: ServerResponse,
  parsed: Parsed<Command | BookQuery>,
  receivedNs = clock.monotonicNs(),
): void {
  if (!parsed.ok) {
    sendRefusal(response, { httpStatus: 400, orderId: parsed.orderId, reason: parsed.reason });
    return;
  }
  const command = parsed.value;
  const answer = (outcome: Outcome): void => {
    const reply = replyTo(command, outcome, shardId);
    if (reply.ok) sendJson(response, 200, reply.body);
    else sendRefusal(response, reply.refusal);
  };
  hotPath.submit({ command, receivedNs, validationNs: clock.monotonicNs() - receivedNs, answer });
}

function cancelOf({ argument, query }: Route): Parsed<Command> {
  if (!isOrderId(argument)) return { ok: false, orderId: null, reason: ORDER_ID_REASON };
  return { ok: true, value: { kind: 'cancel', orderId: argument, symbol: query.get('symbol') } };
}

function bookQueryOf({ argument, query }: Route): Parsed<BookQuery> {
  const levels = query.get('levels') ?? String(BOOK_LEVELS.usual);
  if (!/^\d{1,4}$/.test(levels) || Number(levels) < 1 || Number(levels) > BOOK_LEVELS.max) {
    return { ok: false, orderId: null, reason: `Invalid levels: must be a whole number from 1 to ${BOOK_LEVELS.max}` };
  }
  return { ok: true, value: { kind: 'book', symbol: argument, levels: Number(levels) } };
}

function adminRefusal({ adminToken }: EngineApiParts, request: IncomingMessage): Refusal | null {
  if (adminToken === null) return null;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${adminToken}`))) return null;
  const headers = { 'WWW-Authenticate': 'Bearer', Connection: 'close' };
  return { httpStatus: 401, reason: 'This call needs the admin token', headers };
}

function shardRefusal({ shardId }: EngineApiParts, asked: string): Refusal | null {
  if (asked === '' || asked === shardId) return null;
  const reason = `Not this shard: ${asked.slice(0, 64)}, this is ${shardId}`;
  return { httpStatus: 404, reason, headers: { Connection: 'close' } };
}

function mapParsed<From, To>(parsed: Parsed<From>, map: (value: From) => To): Parsed<To> {
  return parsed.ok ? { ok: true, value: map(parsed.value) } : parsed;
}
