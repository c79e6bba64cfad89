/**
 * The order port: routes a request, checks it, writes the command into the ring and submits it. Every answer is JSON; one
 * that is not 2xx says whether the command may have taken effect.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ORDER_BODY_BYTES_MAX, SEED_BODY_BYTES_MAX } from '../../protocol/orders.ts';
import type { Clock } from '../clock.ts';
import type { HotPath } from '../hot-path.ts';
import { COMMAND, FLAG, RECORD_BYTES_MAX, RecordBuffer, type RecordFields } from '../record.ts';
import type { Ring } from '../ring/ring.ts';
import { sendUnavailable } from './answers.ts';
import { areNameBytes, NAME_LENGTH_MAX } from './order-fields.ts';
import { ORDER_ID_REASON, OrderParser, type ParseProblem } from './parse-order.ts';
import { bodyRefusal, mediaTypeRefusal, readBody } from './read-body.ts';
import { findRoute, type Route } from './routes.ts';
import { type Refusal, sendJson, sendRefusal } from './send.ts';
import { SymbolTable } from './symbol-table.ts';

export interface EngineApiParts {
  shardId: string;
  symbols: readonly string[];
  adminToken: string | null;
  hotPath: HotPath<ServerResponse>;
  ring: Ring<ServerResponse>;
  clock: Clock;
}

const BOOK_LEVELS = { usual: 50, max: 1000 };
const NOTHING: Omit<RecordFields, 'kind'> = { flags: 0, symbol: 0, priceCents: 0, quantity: 0 };

export function engineApi(parts: EngineApiParts): RequestListener {
  const calls = new Calls(parts);
  return (request, response) => {
    const route = findRoute(request.method ?? '', request.url ?? '');
    if ('httpStatus' in route) {
      sendRefusal(response, { ...route, headers: { ...route.headers, ...closeAfterBody(request) } });
      return;
    }
    if (parts.hotPath.engineState !== 'UP') response.setHeader('Connection', 'close');
    calls.take(route, request, response);
  };
}

class Calls {
  readonly #parts: EngineApiParts;
  readonly #symbols: SymbolTable;
  readonly #parser: OrderParser;
  /** An order that the ring has no place for is parsed too: its client is told its id. */
  readonly #refused = RecordBuffer.ofSize(RECORD_BYTES_MAX);

  constructor(parts: EngineApiParts) {
    this.#parts = parts;
    this.#symbols = new SymbolTable(parts.symbols);
    this.#parser = new OrderParser(this.#symbols);
  }

  take(route: Route, request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusalOf(route, request);
    if (refusal !== null) {
      sendRefusal(response, { ...refusal, headers: { ...refusal.headers, ...closeAfterBody(request) } });
      return;
    }
    switch (route.name) {
      case 'place':
        readBody(request, response, ORDER_BODY_BYTES_MAX, (body) => this.#place(response, body));
        break;
      case 'amend':
        readBody(request, response, ORDER_BODY_BYTES_MAX, (body) => this.#amend(response, body, route));
        break;
      case 'seed':
        readBody(request, response, SEED_BODY_BYTES_MAX, (body) => this.#seed(response, body));
        break;
      case 'reset':
        readBody(request, response, ORDER_BODY_BYTES_MAX, (body) => this.#reset(response, body));
        break;
      case 'cancel':
        this.#ofOrder(response, route, { ...NOTHING, kind: COMMAND.cancel });
        break;
      case 'order':
        this.#ofOrder(response, route, { ...NOTHING, kind: COMMAND.orderQuery });
        break;
      case 'book':
        this.#book(response, route);
        break;
      case 'health':
        sendJson(response, 200, { status: 'UP', shardId: this.#parts.shardId });
        break;
      case 'ready':
        this.#ready(response);
    }
  }

  #refusalOf({ name, argument }: Route, request: IncomingMessage): Refusal | null {
    switch (name) {
      case 'place':
      case 'amend':
        return mediaTypeRefusal(request);
      case 'seed':
        return this.#adminRefusal(request) ?? this.#shardRefusal(argument) ?? mediaTypeRefusal(request);
      case 'reset':
        return this.#adminRefusal(request);
      default:
        return bodyRefusal(request);
    }
  }

  #place(response: ServerResponse, body: Buffer | Refusal): void {
    const { hotPath, ring, clock } = this.#parts;
    if (!Buffer.isBuffer(body)) {
      sendRefusal(response, body);
      return;
    }
    const receivedNs = clock.monotonicNs();
    const reason = hotPath.whyNot(COMMAND.place);
    const records = reason === null ? ring.records : this.#refused;
    const offset = reason === null ? ring.claim() : 0;
    const problem = this.#parser.place(body, records, offset);
    if (problem !== null) refuse(response, problem);
    else if (reason === null) hotPath.submit(response, receivedNs, clock.monotonicNs() - receivedNs);
    else sendUnavailable(response, records.orderId(offset), { reason, outcome: 'not_accepted' });
  }

  #amend(response: ServerResponse, body: Buffer | Refusal, route: Route): void {
    if (!Buffer.isBuffer(body)) {
      sendRefusal(response, body);
      return;
    }
    const change = this.#parser.amend(body);
    if ('reason' in change) {
      refuse(response, { ...change, orderId: route.argument });
      return;
    }
    this.#ofOrder(response, route, { ...NOTHING, kind: COMMAND.amend, ...change });
  }

  #seed(response: ServerResponse, body: Buffer | Refusal): void {
    if (!Buffer.isBuffer(body)) {
      sendRefusal(response, body);
      return;
    }
    const seed = this.#parser.seed(body);
    if (!(seed instanceof RecordBuffer)) {
      refuse(response, seed);
      return;
    }
    this.#submit(response, null, COMMAND.seed, seed);
  }

  /** Whatever body it has is not looked at. */
  #reset(response: ServerResponse, body: Buffer | Refusal): void {
    const { ring } = this.#parts;
    if (!Buffer.isBuffer(body)) {
      sendRefusal(response, body);
      return;
    }
    if (ring.claim() >= 0) ring.records.write(ring.claim(), { ...NOTHING, kind: COMMAND.reset });
    this.#submit(response, null, COMMAND.reset);
  }

  /** A command about one order, named in the path; its symbol may be given in the query. */
  #ofOrder(response: ServerResponse, { argument: orderId, query }: Route, fields: RecordFields): void {
    const { ring } = this.#parts;
    const id = Buffer.from(orderId);
    if (id.length > NAME_LENGTH_MAX || !areNameBytes(id, id.length)) {
      refuse(response, { orderId: null, reason: ORDER_ID_REASON });
      return;
    }
    const given = query.get('symbol');
    const symbol = given === null ? 0 : this.#symbols.numberOf(given);
    if (symbol < 0) {
      const reason =
        fields.kind === COMMAND.orderQuery ? `Unknown order: ${orderId}` : `Order is not resting: ${orderId}`;
      sendRefusal(response, { httpStatus: 404, orderId, reason });
      return;
    }
    const flags = given === null ? 0 : FLAG.symbolGiven;
    if (ring.claim() >= 0) ring.records.write(ring.claim(), { ...fields, flags, symbol }, orderId);
    this.#submit(response, orderId, fields.kind);
  }

  #book(response: ServerResponse, { argument, query }: Route): void {
    const { ring } = this.#parts;
    const symbol = this.#symbols.numberOf(argument);
    if (symbol < 0) {
      sendRefusal(response, { httpStatus: 404, reason: `Unknown symbol: ${argument.slice(0, 64)}` });
      return;
    }
    const levels = query.get('levels') ?? String(BOOK_LEVELS.usual);
    if (!/^\d{1,4}$/.test(levels) || Number(levels) < 1 || Number(levels) > BOOK_LEVELS.max) {
      const reason = `Invalid levels: must be a whole number from 1 to ${BOOK_LEVELS.max}`;
      refuse(response, { orderId: null, reason });
      return;
    }
    const fields = { ...NOTHING, kind: COMMAND.bookQuery, symbol, quantity: Number(levels) };
    if (ring.claim() >= 0) ring.records.write(ring.claim(), fields);
    this.#submit(response, null, COMMAND.bookQuery);
  }

  #ready(response: ServerResponse): void {
    const { hotPath, shardId } = this.#parts;
    const status = hotPath.engineState;
    sendJson(response, status === 'UP' ? 200 : 503, { status, shardId });
  }

  /** What was written at the ring's next slot, if there is one, or a seed. */
  #submit(response: ServerResponse, orderId: string | null, kind: number, seed: RecordBuffer | null = null): void {
    const { hotPath, clock } = this.#parts;
    const reason = hotPath.whyNot(kind);
    if (reason !== null) sendUnavailable(response, orderId, { reason, outcome: 'not_accepted' });
    else hotPath.submit(response, clock.monotonicNs(), 0, seed);
  }

  #adminRefusal(request: IncomingMessage): Refusal | null {
    const { adminToken } = this.#parts;
    if (adminToken === null) return null;
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${adminToken}`))) return null;
    return { httpStatus: 401, reason: 'This call needs the admin token', headers: { 'WWW-Authenticate': 'Bearer' } };
  }

  #shardRefusal(asked: string): Refusal | null {
    const { shardId } = this.#parts;
    if (asked === '' || asked === shardId) return null;
    return { httpStatus: 404, reason: `Not this shard: ${asked.slice(0, 64)}, this is ${shardId}` };
  }
}

function refuse(response: ServerResponse, { orderId, reason }: ParseProblem): void {
  sendRefusal(response, { httpStatus: 400, orderId, reason });
}

/** A body that was not read is not wanted: the connection ends with the answer. */
function closeAfterBody({ headers }: IncomingMessage): Record<string, string> {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return hasBody ? { Connection: 'close' } : {};
}
