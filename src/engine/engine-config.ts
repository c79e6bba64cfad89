/** The engine's environment, read once at the edge: every problem at once, nothing defaulted in silence. */
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { SHARD_ID_PATTERN, SYMBOL_PATTERN } from '../protocol/orders.ts';
import { SHARD_SYMBOLS } from '../protocol/shards.ts';

export interface EngineConfig {
  shardId: string;
  symbols: string[];
  /** Address both ports listen on; loopback unless told otherwise (`HTTP_HOST`, in a container `0.0.0.0`). */
  httpHost: string;
  httpPort: number;
  metricsPort: number;
  /** Empty: publishing is off. */
  kafkaBootstrap: string[];
  /** `host:port` that connections to the brokers go through; it is told in a first line where to. */
  kafkaProxy: string | null;
  walPath: string;
  segmentBytesMax: number;
  /** Of published log that is kept as long as there is room: what topics can be held against, or filled again from. */
  retentionBytes: number;
  ringSlots: number;
  ackMode: 'durable' | 'received';
  eventDelivery: 'at-least-once' | 'at-most-once';
  /** `null`: `/seed` and `/reset` are open. */
  adminToken: string | null;
}

const PORT = { low: 0, high: 65_535 };
const SEGMENT_MEGABYTES = { low: 1, high: 1024 };
/** An order that comes alone takes a frame of 4 KiB: by default the last 131,072 of them, twice what any case places. */
const RETENTION_MEGABYTES = { low: 0, high: 1024 * 1024 };
const MEGABYTE = 1024 * 1024;
const RING_SLOTS_MAX = 2 ** 24;
const BROKER_PATTERN = /^[A-Za-z0-9.-]+:\d{1,5}$/;
const HOST_PATTERN = /^[A-Za-z0-9.:-]{1,253}$/;
const TOKEN_PATTERN = /^[\x21-\x7e]{1,256}$/;

type Environment = Readonly<Record<string, string | undefined>>;

export function parseEngineConfig(environment: Environment): EngineConfig {
  const problems: string[] = [];
  const text = (name: string, fallback: string, allowed: string, isAllowed: (value: string) => boolean): string => {
    const value = environment[name] ?? fallback;
    if (!isAllowed(value)) problems.push(`${name}=${value}: allowed is ${allowed}`);
    return value;
  };
  const integer = (name: string, fallback: number, { low, high }: { low: number; high: number }): number =>
    Number(
      text(name, String(fallback), `a whole number from ${low} to ${high}`, (value) => {
        return /^\d{1,10}$/.test(value) && Number(value) >= low && Number(value) <= high;
      }),
    );
  const oneOf = <Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice => {
    const value = text(name, choices[0], choices.join(' or '), (found) => choices.some((choice) => choice === found));
    return choices.find((choice) => choice === value) ?? choices[0];
  };
  const config: EngineConfig = {
    shardId: text('SHARD_ID', 'a', 'up to 40 lower-case letters, digits and -', (id) => SHARD_ID_PATTERN.test(id)),
    symbols: text('SHARD_SYMBOLS', SHARD_SYMBOLS.a.join(','), SYMBOLS_ALLOWED, isSymbolList).split(','),
    httpHost: text('HTTP_HOST', '127.0.0.1', 'a host name or an address', (host) => HOST_PATTERN.test(host)),
    httpPort: integer('HTTP_PORT', 8080, PORT),
    metricsPort: integer('METRICS_PORT', 9091, PORT),
    kafkaBootstrap: text('KAFKA_BOOTSTRAP', 'localhost:9092', 'host:port, comma separated, or nothing', isBrokerList)
      .split(',')
      .filter((broker) => broker !== ''),
    kafkaProxy:
      text('KAFKA_PROXY', '', 'host:port, or nothing', (value) => value === '' || BROKER_PATTERN.test(value)) || null,
    walPath: text('WAL_PATH', '/tmp/wal', 'the path of a folder', (path) => path !== '' && !path.includes('\0')),
    segmentBytesMax: integer('WAL_SIZE_MB', 64, SEGMENT_MEGABYTES) * MEGABYTE,
    retentionBytes: integer('WAL_RETENTION_MB', 512, RETENTION_MEGABYTES) * MEGABYTE,
    ringSlots: Number(text('RING_BUFFER_SIZE', '131072', `a power of two from 2 to ${RING_SLOTS_MAX}`, isRingSize)),
    ackMode: oneOf('ACK_MODE', ['durable', 'received']),
    eventDelivery: oneOf('EVENT_DELIVERY', ['at-least-once', 'at-most-once']),
    adminToken: environment.ADMIN_TOKEN ?? null,
  };
  if (config.adminToken !== null && !TOKEN_PATTERN.test(config.adminToken)) {
    problems.push('ADMIN_TOKEN=(not shown): allowed is 1 to 256 visible ASCII characters');
  }
  if (config.httpPort !== 0 && config.httpPort === config.metricsPort) {
    problems.push(`METRICS_PORT=${config.metricsPort}: allowed is another port than HTTP_PORT`);
  }
  if (problems.length > 0) throw badConfig(problems);
  return config;
}

export function badConfig(problems: readonly string[]): MexError {
  return new MexError(problems.join('\n'), { code: 'CONFIG', exit: SERVER_EXIT.config });
}

const SYMBOLS_ALLOWED = '1 to 1000 different symbols of up to 32 characters of A-Z a-z 0-9 . _ -, comma separated';

function isSymbolList(value: string): boolean {
  const symbols = value.split(',');
  const isUnique = new Set(symbols).size === symbols.length;
  return isUnique && symbols.length <= 1000 && symbols.every((symbol) => SYMBOL_PATTERN.test(symbol));
}

function isBrokerList(value: string): boolean {
  return value === '' || value.split(',').every((broker) => BROKER_PATTERN.test(broker));
}

function isRingSize(value: string): boolean {
  const slots = Number(value);
  return /^\d{1,8}$/.test(value) && slots >= 2 && slots <= RING_SLOTS_MAX && Number.isInteger(Math.log2(slots));
}
