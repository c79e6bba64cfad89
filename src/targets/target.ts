/**
 * A place to run the system under test. Implementations start `mex serve …` as programs and never import the servers.
 *
 * Guarantees: `deploy` is idempotent (a second call changes nothing) and all or nothing (what it started is stopped
 * when it fails or is aborted); `undeploy` removes what was deployed and nothing else.
 */

import type { ProcessIdentity } from '../exec/process-identity.ts';
import type { FaultKind } from '../protocol/faults.ts';
import type { Shape, ShardId } from '../protocol/shards.ts';

export type { Shape } from '../protocol/shards.ts';

/** One running server. */
export interface Endpoint {
  /** `engine-a`, `gateway`, `collector`, `prometheus`. */
  name: string;
  /** Base URL of its API as this machine reaches it, without a slash at the end. */
  url: string;
  metricsUrl: string;
  /** Its process on this machine, … */
  pid?: number;
  /** … or where it runs in a cluster. */
  pod?: PodPlace;
}

export interface PodPlace {
  namespace: string;
  /** Of a workload with several, or with changing pods, the name of its Service. */
  name: string;
  node?: string;
  /** Base URL of its API as pods of that cluster reach it. */
  url: string;
}

export interface Deployment {
  shape: Shape;
  shards: Partial<Record<ShardId, Endpoint>>;
  /** Only with shape `multi`. */
  gateway?: Endpoint;
  /** The embedded collector, where there is one; a cluster has its Prometheus. */
  collector?: Endpoint;
  /** Where the engines publish: the stand-in or the cluster's, with `host:port` as its URL, … */
  broker?: Endpoint;
  /** … or a broker that ran already. */
  realBroker?: RealBroker;
  /** Between the engines and their broker: faults happen there. */
  proxy?: Endpoint;
  /** A Prometheus that scrapes the servers too, and takes what k6 pushes. */
  prometheus?: Endpoint;
  /** Of engines that ask for one before they empty or seed their books. A secret: it goes into no file that stays. */
  adminToken?: string;
  /** It runs, but from another image than a deploy would take now. */
  isOutdated?: boolean;
}

/** A deployment as it may be printed and kept. */
export function withoutSecrets({ adminToken: _, ...shown }: Deployment): Deployment {
  return shown;
}

/** What a person types to have it whole again. */
export function deployCommand({ shape, broker }: Deployment): string {
  return `mex deploy ${shape}${broker?.pod === undefined ? '' : ' --target k8s'}`;
}

/** The processes that the target has started. */
export function endpointsOf({ shards, gateway, collector, broker, proxy, prometheus }: Deployment): Endpoint[] {
  return [...Object.values(shards), gateway, collector, broker, proxy, prometheus].filter((one) => one !== undefined);
}

/** A broker that the target did not start and does not stop for good. */
export interface RealBroker {
  /** `host:port`, several separated by commas. */
  bootstrap: string;
  /** Every `host:port` that clients may be sent to. */
  addresses: string[];
  /** Its process, where it is on this machine and may be stopped for a while. */
  process?: ProcessIdentity;
}

/** What another process finds when it holds the topics against a shard's log, since the last reset in it. */
export interface EventCount {
  orders: number;
  matches: number;
  repeated: number;
  /** Missing, foreign, altered or out of order, in words; empty: nothing is wrong. */
  problems: string[];
}

/** A fault that is under way. */
export interface ActiveFault {
  /** How it was brought about, in words. */
  means: string;
  end(): Promise<void>;
}

/** A shard whose server was lost on purpose. */
export interface LostShard {
  /** How it was brought about, in words. */
  means: string;
  /** Resolves when its successor is ready. @throws MexError with the reason when none becomes so. */
  back(): Promise<void>;
}

/** What a replay of a shard's log, made by another process, counts since the last reset in it. */
export interface LogCount {
  orders: number;
  matches: number;
  lastSequence: number;
  /** How many of the orders that were asked for are in it. Absent: nobody asked, or the log does not reach back so far. */
  found?: number;
}

export interface Target {
  readonly name: 'local' | 'k8s';
  /** Starts or changes the system under test. `changed` is false when it ran in that shape already. */
  deploy(shape: Shape, signal: AbortSignal): Promise<{ deployment: Deployment; changed: boolean }>;
  /** What runs now; heals a stale record. Undefined: nothing runs. */
  current(): Promise<Deployment | undefined>;
  /** Stops what was deployed; the names of the processes that it stopped. With `purge` its data goes too. */
  undeploy(options?: { purge?: boolean }): Promise<string[]>;
  /** Are there logs of engines, of now or of an earlier deployment? The next one will replay them. */
  holdsData(): Promise<boolean>;
  /** @param find ids of orders to look for */
  countLog(shard: ShardId, signal: AbortSignal, find?: readonly string[]): Promise<LogCount>;
  /** Reads the topics back; waits some seconds for what is not there yet. */
  checkEvents(shard: ShardId, signal: AbortSignal): Promise<EventCount>;
  /** Takes the broker away until it is told to end, or its lease is over because this process is gone. */
  beginFault(kind: FaultKind, signal: AbortSignal): Promise<ActiveFault>;
  /** Ends a shard's server at once, in the midst of its work; its log is kept. Absent: this target cannot. */
  loseShard?(shard: ShardId, signal: AbortSignal): Promise<LostShard>;
  /** Copies the log of every process into a folder. */
  copyLogs(folder: string): Promise<void>;
  /** Gives back what reaching the servers took: connections, local ports. What is deployed stays. */
  close(): Promise<void>;
}
