/** A deployment from what is in the cluster: servers that are ready, where they run, and how this machine reaches them. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { KubeObject, PodObject } from '../../kubernetes/object-types.ts';
import { SHARD_IDS, type Shape, type ShardId } from '../../protocol/shards.ts';
import type { Deployment, Endpoint } from '../target.ts';
import type { Door, Reach } from './reach.ts';
import {
  ADMIN_TOKEN,
  BROKER_ADDRESS,
  BROKER_FORWARDED_PORT,
  engineName,
  GATEWAY_APP,
  METRICS_PORT,
  MONITORING,
  NAMESPACE,
  ORDERS_PORT,
  PROMETHEUS_PORT,
  shardSet,
} from './system-names.ts';
import { readyPodOf, type SystemSight } from './system-sight.ts';

export interface Described {
  shape: Shape;
  adminToken: string;
  /** The image that a deploy would take. */
  image: string;
}

export async function describeSystem(
  sight: SystemSight,
  reach: Reach,
  { shape, adminToken, image }: Described,
): Promise<Deployment> {
  const shards: Deployment['shards'] = {};
  const serving: PodObject[] = [];
  for (const shard of SHARD_IDS) {
    const pod = readyPodOf(sight, shardSet(shard));
    if (pod === undefined) continue;
    serving.push(pod);
    shards[shard] = await engineEndpoint(shard, pod, reach);
  }
  const gatewayPod = readyPodOf(sight, { kind: 'Deployment', name: GATEWAY_APP, namespace: NAMESPACE });
  if (gatewayPod !== undefined) serving.push(gatewayPod);
  const gateway = gatewayPod && (await gatewayEndpoint(gatewayPod, reach));
  const isOutdated = serving.some(({ spec }) => spec.containers?.[0]?.image !== image);
  return {
    shape,
    shards,
    ...(gateway && { gateway }),
    prometheus: await prometheusEndpoint(reach),
    broker: await brokerEndpoint(reach),
    adminToken,
    ...(isOutdated && { isOutdated }),
  };
}

/** @throws MexError where `mex cluster up` has not made it */
export async function readAdminToken(cluster: KubeCluster, signal: AbortSignal): Promise<string> {
  const secret = await cluster.get<KubeObject & { data?: { token?: string } }>(ADMIN_TOKEN, signal);
  const token = Buffer.from(secret?.data?.token ?? '', 'base64').toString('utf8');
  if (token !== '') return token;
  throw new MexError(`The cluster has no Secret ${NAMESPACE}/${ADMIN_TOKEN.name} with a token for the engines`, {
    code: 'NO_PLATFORM',
    exit: EXIT.environment,
    suggestion: 'Run: mex cluster up',
  });
}

/** Addresses that answer when all is well, of those that this machine reaches. */
export function readyUrls({ shards, gateway }: Deployment, reach: Reach): string[] {
  const engines = Object.entries(shards).filter(([shard]) =>
    reach.reaches({ use: 'orders', mapped: engineName(shard as ShardId) }),
  );
  const servers = engines.map(([, endpoint]) => endpoint);
  if (gateway !== undefined && reach.reaches({ use: 'orders', mapped: 'gateway' })) servers.push(gateway);
  return servers.map(({ url }) => `${url}/ready`);
}

function engineEndpoint(shard: ShardId, pod: PodObject, reach: Reach): Promise<Endpoint> {
  const { name } = pod.metadata;
  const inside = `${shardSet(shard).name}.${NAMESPACE}:${ORDERS_PORT}`;
  const forward = { namespace: NAMESPACE, pod: name, port: ORDERS_PORT };
  const door: Door = { use: 'orders', mapped: engineName(shard), forward, inside };
  return serverEndpoint({ name: engineName(shard), pod, shownAs: name }, door, reach);
}

function gatewayEndpoint(pod: PodObject, reach: Reach): Promise<Endpoint> {
  const inside = `${GATEWAY_APP}.${NAMESPACE}:${ORDERS_PORT}`;
  const forward = { namespace: NAMESPACE, service: GATEWAY_APP, port: ORDERS_PORT };
  const door: Door = { use: 'orders', mapped: 'gateway', forward, inside };
  // Its pod has another name each time, its Service has not.
  return serverEndpoint({ name: 'gateway', pod, shownAs: GATEWAY_APP }, door, reach);
}

/** Metrics are the pod's own, and no Service leads to them. */
async function serverEndpoint(
  { name, pod, shownAs }: { name: string; pod: PodObject; shownAs: string },
  door: Door,
  reach: Reach,
): Promise<Endpoint> {
  const forward = { namespace: NAMESPACE, pod: pod.metadata.name, port: METRICS_PORT };
  const metrics: Door = { use: 'metrics', forward, inside: door.inside.replace(`:${ORDERS_PORT}`, `:${METRICS_PORT}`) };
  const [orders, scraped] = await Promise.all([reach.addressOf(door), reach.addressOf(metrics)]);
  const { nodeName } = pod.spec;
  const place = { namespace: NAMESPACE, name: shownAs, ...(nodeName !== undefined && { node: nodeName }) };
  return {
    name,
    url: `http://${orders}`,
    metricsUrl: `http://${scraped}/metrics`,
    pod: { ...place, url: `http://${door.inside}` },
  };
}

async function prometheusEndpoint(reach: Reach): Promise<Endpoint> {
  const inside = `prometheus.${MONITORING}:${PROMETHEUS_PORT}`;
  const forward = { namespace: MONITORING, service: 'prometheus', port: PROMETHEUS_PORT };
  const url = `http://${await reach.addressOf({ use: 'prometheus', mapped: 'prometheus', forward, inside })}`;
  const pod = { namespace: MONITORING, name: 'prometheus', url: `http://${inside}` };
  return { name: 'prometheus', url, metricsUrl: `${url}/metrics`, pod };
}

async function brokerEndpoint(reach: Reach): Promise<Endpoint> {
  const port = BROKER_FORWARDED_PORT;
  const forward = { namespace: NAMESPACE, pod: 'broker-0', port, localPort: port };
  const url = await reach.addressOf({ use: 'broker', forward, inside: BROKER_ADDRESS });
  const pod = { namespace: NAMESPACE, name: 'broker-0', url: BROKER_ADDRESS };
  return { name: 'broker', url, metricsUrl: '', pod };
}
