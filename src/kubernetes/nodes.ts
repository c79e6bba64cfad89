/** The nodes of a cluster, and what volumes it can give. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { KubeApi } from './kube-api.ts';
import { kubectlFor } from './kube-config.ts';
import { conditionOf, isTrue, type KubeObject, type NodeObject } from './object-types.ts';
import { listObjects } from './objects.ts';
import { pollUntil } from './poll.ts';

export interface NodeFacts {
  name: string;
  ready: boolean;
  /** What keeps pods away: not ready, disk or memory short; empty where nothing does. */
  problems: string[];
  kubeletVersion: string;
  /** Quantities as the API has them: `2`, `24689764Ki`. */
  capacity: { cpu: string; memory: string };
  labels: Record<string, string>;
}

/** Nodes of k3d are ready in seconds, those of a loaded machine in a minute. */
const READY_MS_MAX = 120_000;
/** A node under pressure takes no pods, and ends those it has. */
const PRESSURES = ['DiskPressure', 'MemoryPressure', 'PIDPressure'];
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

export async function listNodes(api: KubeApi, signal: AbortSignal): Promise<NodeFacts[]> {
  const nodes = await listObjects<NodeObject>(api, 'Node', {}, signal);
  return nodes.map(({ metadata, status: { conditions, nodeInfo, capacity } }) => {
    const ready = isTrue(conditions, 'Ready');
    const { message = 'it has not reported' } = conditionOf(conditions, 'Ready') ?? {};
    const pressures = PRESSURES.filter((type) => isTrue(conditions, type));
    return {
      name: metadata.name,
      ready,
      problems: [...(ready ? [] : [`not ready: ${message}`]), ...pressures],
      kubeletVersion: nodeInfo?.kubeletVersion ?? 'unknown',
      capacity: { cpu: capacity?.cpu ?? 'unknown', memory: capacity?.memory ?? 'unknown' },
      labels: metadata.labels ?? {},
    };
  });
}

export interface NodesWanted {
  /** How many there must be at least. */
  count: number;
  /** It was started a moment ago: its API may not answer yet, and all its nodes are to become ready, not `count` of them. */
  fresh: boolean;
  limitMs?: number;
  everyMs?: number;
}

/** @throws MexError `NODES_NOT_READY` with what each lacks */
export async function waitForNodes(
  api: KubeApi,
  { count, fresh, limitMs = READY_MS_MAX, everyMs }: NodesWanted,
  signal: AbortSignal,
): Promise<NodeFacts[]> {
  let nodes: NodeFacts[] = [];
  let silence: MexError | undefined;
  const look = async (): Promise<NodeFacts[] | undefined> => {
    try {
      nodes = await listNodes(api, signal);
      silence = undefined;
    } catch (thrown) {
      if (!fresh || !(thrown instanceof MexError) || thrown.code !== 'CLUSTER_UNREACHABLE') throw thrown;
      silence = thrown;
      return undefined;
    }
    const usable = nodes.filter(({ problems }) => problems.length === 0).length;
    return usable >= count && (!fresh || usable === nodes.length) ? nodes : undefined;
  };
  const found = await pollUntil(look, { limitMs, signal, ...(everyMs !== undefined && { everyMs }) });
  if (found !== undefined) return found;
  throw silence ?? notReady(api, nodes, { count, limitMs });
}

function notReady(
  api: KubeApi,
  nodes: readonly NodeFacts[],
  { count, limitMs }: { count: number; limitMs: number },
): MexError {
  const bad = nodes.flatMap(({ name, problems }) => (problems.length === 0 ? [] : `${name}: ${problems.join(', ')}`));
  const state = [`${nodes.length} of ${count} nodes are there`, ...bad].join('; ');
  const short = nodes.some(({ problems }) => problems.includes('DiskPressure'));
  return new MexError(`The nodes are not ready after ${limitMs / 1_000} s: ${state}`, {
    code: 'NODES_NOT_READY',
    exit: EXIT.environment,
    suggestion: short ? 'Make room on the disk: docker system df' : `See: ${kubectlFor(api.ref)} describe nodes`,
  });
}

/** Like {@link defaultStorageClass}, of a cluster that was started a moment ago. */
export async function waitForStorageClass(api: KubeApi, limitMs: number, signal: AbortSignal): Promise<string> {
  const found = await pollUntil(async () => defaultOf(await classesOf(api, signal)), { limitMs, signal });
  return found ?? defaultStorageClass(api, signal);
}

/** The name of the class that claims without one get. @throws MexError `NO_STORAGE_CLASS` where there is none. */
export async function defaultStorageClass(api: KubeApi, signal: AbortSignal): Promise<string> {
  const classes = await classesOf(api, signal);
  const found = defaultOf(classes);
  if (found !== undefined) return found;
  const names = classes.map(({ metadata }) => metadata.name);
  const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}, none marked as default`;
  throw new MexError(`The cluster has no default storage class, so no engine would get a volume for its log: ${has}`, {
    code: 'NO_STORAGE_CLASS',
    exit: EXIT.environment,
    suggestion:
      names[0] === undefined
        ? 'Install one (local-path, EBS CSI with gp3, OCI block volume), then run this again.'
        : `Mark one: ${kubectlFor(api.ref)} annotate storageclass ${names[0]} ${DEFAULT_CLASS}=true`,
  });
}

function classesOf(api: KubeApi, signal: AbortSignal): Promise<KubeObject[]> {
  return listObjects<KubeObject>(api, 'StorageClass', {}, signal);
}

function defaultOf(classes: readonly KubeObject[]): string | undefined {
  return classes.find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')?.metadata.name;
}
