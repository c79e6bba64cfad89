/**
 * The gateway's configuration from its environment: every value checked, all problems told at once, one line each.
 * Pure. What is absent has its default; what is present and wrong stops the start.
 */
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { SHARD_IDS, SHARD_SYMBOLS } from '../protocol/shards.ts';
import { parseShardMap, type ShardMap } from './shard-map.ts';

/** What one shard may cost the gateway, so that a stuck one does not slow the others. */
export interface ShardLimits {
  /** Open connections, hence requests at the shard, at most. */
  connections: number;
  /** Requests that wait for a connection, at most; one more is answered 503 at once. */
  queue: number;
  /** From the request's arrival at the shard's queue to the end of the answer. */
  timeoutMs: number;
  connectTimeoutMs: number;
}

export interface GatewayConfig {
  httpHost: string;
  /** 0 takes a free port. */
  httpPort: number;
  metricsPort: number;
  map: ShardMap;
  limits: ShardLimits;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The experiment has at most 200 requests in flight over three shards; 64 each is all of them with some to spare. */
const SHARD_CONNECTIONS = 64;
/** Four waiting for each connection: at 1 ms an answer the last one waits 4 ms. Longer, and it is better told 503. */
const SHARD_QUEUE = 256;
const SHARD_TIMEOUT_MS = 5_000;
const SHARD_CONNECT_TIMEOUT_MS = 2_000;
/** A value above this is a slip: no client waits longer. */
const TIMEOUT_MS_MAX = 60_000;
const CONNECTIONS_MAX = 1_024;
const QUEUE_MAX = 65_536;

const DEFAULT_SHARD_MAP = SHARD_IDS.map((id) => `${id}=http://me-shard-${id}:8080`).join(',');
const DEFAULT_SYMBOLS_MAP = SHARD_IDS.map((id) => `${id}=${SHARD_SYMBOLS[id].join(':')}`).join(',');

/** @throws MexError exit 64, a line for each problem: variable, value, what is allowed. */
export function parseGatewayConfig(environment: Environment): GatewayConfig {
  const problems: string[] = [];
  const integer = (variable: string, fallback: number, [low, high]: [number, number]): number => {
    const text = environment[variable];
    if (text === undefined) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    problems.push(problem(variable, text, `a whole number from ${low} to ${high}`));
    return fallback;
  };
  const httpHost = environment.HTTP_HOST ?? '127.0.0.1';
  if (!/^[A-Za-z0-9.:_-]+$/.test(httpHost)) problems.push(problem('HTTP_HOST', httpHost, 'a host name or address'));
  const httpPort = integer('HTTP_PORT', 8080, [0, 65_535]);
  const metricsPort = integer('METRICS_PORT', 9091, [0, 65_535]);
  if (httpPort === metricsPort && httpPort !== 0) {
    problems.push(problem('METRICS_PORT', String(metricsPort), 'another port than HTTP_PORT'));
  }
  const limits: ShardLimits = {
    timeoutMs: integer('SHARD_TIMEOUT_MS', SHARD_TIMEOUT_MS, [1, TIMEOUT_MS_MAX]),
    connectTimeoutMs: integer('SHARD_CONNECT_TIMEOUT_MS', SHARD_CONNECT_TIMEOUT_MS, [1, TIMEOUT_MS_MAX]),
    connections: integer('SHARD_CONNECTIONS', SHARD_CONNECTIONS, [1, CONNECTIONS_MAX]),
    queue: integer('SHARD_QUEUE', SHARD_QUEUE, [0, QUEUE_MAX]),
  };
  const parsed = parseShardMap(
    environment.ME_SHARD_MAP ?? DEFAULT_SHARD_MAP,
    environment.SHARD_SYMBOLS_MAP ?? DEFAULT_SYMBOLS_MAP,
  );
  for (const { variable, found, allowed } of parsed.problems) problems.push(problem(variable, found, allowed));
  if (problems.length > 0 || parsed.map === undefined) {
    throw new MexError(problems.join('\n'), { code: 'GATEWAY_CONFIG', exit: SERVER_EXIT.config });
  }
  return { httpHost, httpPort, metricsPort, map: parsed.map, limits };
}

function problem(variable: string, value: string, allowed: string): string {
  return `${variable} has ${JSON.stringify(value)}: allowed is ${allowed}`;
}
