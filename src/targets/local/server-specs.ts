/** Which servers a shape needs, and the environment each is started with. Pure. */
import { join } from 'node:path';
import { SHARD_SYMBOLS, type ShardId } from '../../protocol/shards.ts';
import type { Endpoint } from '../target.ts';
import type { ProcessRecord, Role } from './local-state.ts';

export interface ServerSpec {
  name: string;
  role: Role;
  config: Record<string, string>;
}

/** Loopback only, on free ports. */
const PORTS = { HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', METRICS_PORT: '0' };

export const engineName = (shard: ShardId): string => `engine-${shard}`;

/** The log outlives the process: an engine that is started again replays it. */
export function logFolder(folder: string, shard: ShardId): string {
  return join(folder, 'wal', shard);
}

/** A stand-in, where no real broker was given. What it holds outlives it, as the logs of the engines do. */
export function brokerSpec(folder: string): ServerSpec {
  const config = {
    HTTP_HOST: '127.0.0.1',
    BROKER_PORT: '0',
    BROKER_DATA: join(folder, 'broker'),
    BROKER_ADVERTISED: '',
  };
  return { name: 'broker', role: 'broker', config };
}

/** @param upstreams each `host:port` of the broker */
export function proxySpec(upstreams: readonly string[]): ServerSpec {
  const config = { HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', PROXY_PORT: '0', PROXY_UPSTREAMS: upstreams.join(',') };
  return { name: 'proxy', role: 'proxy', config };
}

/** `host:port` of a broker's process. */
export const brokerAddress = ({ httpPort }: ProcessRecord): string => `127.0.0.1:${httpPort}`;

export interface Publishing {
  /** `host:port`, perhaps several, of the broker, and one of the proxy in front of it. */
  broker: string;
  proxy: string;
}

export function engineSpec(shard: ShardId, folder: string, { broker, proxy }: Publishing): ServerSpec {
  const config = {
    ...PORTS,
    SHARD_ID: shard,
    SHARD_SYMBOLS: SHARD_SYMBOLS[shard].join(','),
    WAL_PATH: logFolder(folder, shard),
    KAFKA_BOOTSTRAP: broker,
    KAFKA_PROXY: proxy,
    // Named, so that no inherited variable can make the engine that is judged a less durable one.
    ACK_MODE: 'durable',
    EVENT_DELIVERY: 'at-least-once',
  };
  return { name: engineName(shard), role: 'engine', config };
}

/** @param engines the running engine of each shard it is to serve. */
export function gatewaySpec(engines: readonly (readonly [ShardId, ProcessRecord])[]): ServerSpec {
  const config = {
    ...PORTS,
    ME_SHARD_MAP: engines.map(([shard, engine]) => `${shard}=${endpointOf(engine).url}`).join(','),
    SHARD_SYMBOLS_MAP: engines.map(([shard]) => `${shard}=${SHARD_SYMBOLS[shard].join(':')}`).join(','),
  };
  return { name: 'gateway', role: 'gateway', config };
}

/** @param servers what it is to scrape. */
export function collectorSpec(servers: readonly ProcessRecord[]): ServerSpec {
  const targets = servers.map((server) => `${server.name}=${endpointOf(server).metricsUrl}`);
  return { name: 'collector', role: 'collector', config: { ...PORTS, COLLECTOR_TARGETS: targets.join(',') } };
}

/** @param program the Prometheus to start; it finds its targets in a file. */
export function prometheusSpec(program: string): ServerSpec {
  return { name: 'prometheus', role: 'prometheus', config: { PROMETHEUS: program } };
}

export function endpointOf({ name, httpPort, metricsPort, pid }: ProcessRecord): Endpoint {
  const base = (ofPort: number): string => `http://127.0.0.1:${ofPort}`;
  return { name, url: base(httpPort), metricsUrl: `${base(metricsPort)}/metrics`, pid };
}

export function sameConfig(left: Record<string, string>, right: Record<string, string>): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}
