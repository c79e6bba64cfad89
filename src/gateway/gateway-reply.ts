/** What the gateway answers of its own, in one table, and how a shard's answer is passed through. Pure. */
import type { Outcome } from '../protocol/replies.ts';
import type { ShardAnswer, ShardFailure } from './shard-client.ts';
import { NO_SHARD } from './shard-map.ts';

export type RoutingError = 'unknown_symbol' | 'shard_unavailable' | 'timeout' | 'overloaded';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Label of the metrics. */
  shard: string;
  routingError?: RoutingError;
}

/** The shard's headers that mean something to a client; all others are the hop's own. */
const PASSED_HEADERS = ['content-type', 'retry-after', 'allow'] as const;
/** A symbol is at most 32 characters: what is longer is shown cut, so that no body comes back whole. */
const ECHO_CHARACTERS_MAX = 64;
/** The queue of a shard empties within milliseconds of its recovery; a second is the smallest value there is. */
const RETRY_AFTER_SECONDS = '1';

export function jsonReply(status: number, content: unknown, extraHeaders: Record<string, string> = {}): Reply {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...extraHeaders,
  };
  return { status, headers, body: Buffer.from(JSON.stringify(content)), shard: NO_SHARD };
}

function refusal(status: number, error: string, headers: Record<string, string> = {}): Reply {
  return jsonReply(status, { error, outcome: 'not_accepted' satisfies Outcome }, headers);
}

/** Refusals before any shard is asked: nothing was accepted. */
export const REFUSE = {
  badRequest: (error: string): Reply => refusal(400, error),
  notFound: (): Reply => refusal(404, 'Not found'),
  wrongMethod: (allow: string): Reply => refusal(405, 'Method not allowed', { allow }),
  tooLarge: (bytesMax: number): Reply => refusal(413, `Request body is larger than ${bytesMax} bytes`),
  mediaType: (): Reply => refusal(415, 'Content-Type must be application/json'),
  notJson: (): Reply => refusal(400, 'Invalid JSON in request body'),
  noSymbolInBody: (): Reply => refusal(400, "Missing 'symbol' field in request body"),
  noSymbolInQuery: (): Reply => refusal(400, "Missing 'symbol' query parameter"),
  unknownSymbol: (symbol: string): Reply => ({
    ...refusal(400, `Unknown symbol: ${cut(symbol)}`),
    routingError: 'unknown_symbol',
  }),
  unknownShard: (shardId: string): Reply => refusal(404, `Unknown shard: ${cut(shardId)}`),
  stopping: (): Reply => refusal(503, 'Gateway is stopping', { 'retry-after': RETRY_AFTER_SECONDS }),
} as const;

const FAILURES = {
  overloaded: { status: 503, error: 'Shard overloaded', routingError: 'overloaded' },
  unavailable: { status: 502, error: 'Shard unavailable', routingError: 'shard_unavailable' },
  timeout: { status: 504, error: 'Shard timeout', routingError: 'timeout' },
} as const;

export function failureReply({ kind, outcome }: ShardFailure, shard: string): Reply {
  const { status, error, routingError } = FAILURES[kind];
  const headers: Record<string, string> = kind === 'overloaded' ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
  return { ...jsonReply(status, { error: `${error}: ${shard}`, outcome }, headers), shard, routingError };
}

/** Status, the headers that matter and the body, untouched. */
export function passReply(answer: ShardAnswer, shard: string): Reply {
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = String(value);
  }
  return { status: answer.status, headers, body: answer.body, shard };
}

function cut(text: string): string {
  return text.length > ECHO_CHARACTERS_MAX ? `${text.slice(0, ECHO_CHARACTERS_MAX)}…` : text;
}
