/** What the manifests call the parts of the system, and where they listen inside the cluster. Pure. */
import type { PortName } from '../../cluster/cluster-plan.ts';
import type { ObjectRef } from '../../kubernetes/kinds.ts';
import type { WorkloadRef } from '../../kubernetes/rollout.ts';
import type { ShardId } from '../../protocol/shards.ts';

export const NAMESPACE = 'matching-engine';
export const MONITORING = 'monitoring';

export const ORDERS_PORT = 8080;
export const METRICS_PORT = 9091;
export const PROMETHEUS_PORT = 9090;
/** Where the engines reach the broker. */
export const BROKER_ADDRESS = 'broker:9092';
/** The broker tells who comes by this port to come by the same port of 127.0.0.1. */
export const BROKER_FORWARDED_PORT = 19_092;

/** Values of the label `app`. */
export const SHARD_APP = 'me-shard';
export const GATEWAY_APP = 'edge-gateway';
export const ENGINE_CONTAINER = 'engine';

export const ADMIN_TOKEN: ObjectRef = { kind: 'Secret', name: 'mex-admin-token', namespace: NAMESPACE };

export function shardSet(shard: ShardId): WorkloadRef {
  return { kind: 'StatefulSet', name: `${SHARD_APP}-${shard}`, namespace: NAMESPACE };
}

export function shardPod(shard: ShardId): string {
  return `${SHARD_APP}-${shard}-0`;
}

export function engineName(shard: ShardId): Extract<PortName, `engine-${string}`> {
  return `engine-${shard}`;
}

/** As endpoints are called: `engine-a`, `gateway`. */
export function serverName(workload: string): string {
  return workload === GATEWAY_APP ? 'gateway' : workload.replace(SHARD_APP, 'engine');
}
