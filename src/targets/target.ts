/**
 * A place to run the system under test. Implementations start `mex serve …` as programs and never import the servers.
 *
 * Guarantees: `deploy` is idempotent (a second call changes nothing) and all or nothing (what it started is stopped
 * when it fails or is aborted); `undeploy` removes what was deployed and nothing else.
 */
import type { Shape, ShardId } from '../protocol/shards.ts';

export type { Shape } from '../protocol/shards.ts';

/** One running server. */
export interface Endpoint {
  /** `engine-a`, `gateway`, `collector`. */
  name: string;
  /** Base URL of its API, without a slash at the end. */
  url: string;
  metricsUrl: string;
  pid: number;
}

export interface Deployment {
  shape: Shape;
  shards: Partial<Record<ShardId, Endpoint>>;
  /** Only with shape `multi`. */
  gateway?: Endpoint;
  /** The embedded collector. */
  collector: Endpoint;
}

/** What a replay of a shard's log, made by another process, counts since the last reset in it. */
export interface LogCount {
  orders: number;
  matches: number;
  lastSequence: number;
}

export interface Target {
  readonly name: 'local';
  /** Starts or changes the system under test. `changed` is false when it ran in that shape already. */
  deploy(shape: Shape, signal: AbortSignal): Promise<{ deployment: Deployment; changed: boolean }>;
  /** What runs now; heals a stale record. Undefined: nothing runs. */
  current(): Promise<Deployment | undefined>;
  /** Stops what was deployed; the names of the processes that it stopped. With `purge` its data goes too. */
  undeploy(options?: { purge?: boolean }): Promise<string[]>;
  /** Are there logs of engines, of now or of an earlier deployment? The next one will replay them. */
  holdsData(): Promise<boolean>;
  countLog(shard: ShardId, signal: AbortSignal): Promise<LogCount>;
  /** Copies the log of every process into a folder. */
  copyLogs(folder: string): Promise<void>;
}
