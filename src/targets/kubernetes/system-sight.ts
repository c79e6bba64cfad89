/** What is in the cluster of the system under test: asked each time, remembered nowhere. Only what bears mex's label counts. */
import { isUnderTest } from '../../cluster/parts.ts';
import { type Kind, kindOf, type ObjectRef } from '../../kubernetes/kinds.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { isMade } from '../../kubernetes/made-by-mex.ts';
import { isTrue, type KubeObject, type PodObject, type WorkloadObject } from '../../kubernetes/object-types.ts';
import type { WorkloadRef } from '../../kubernetes/rollout.ts';
import type { Shape } from '../../protocol/shards.ts';
import { NAMESPACE, shardSet } from './system-names.ts';

export interface SystemSight {
  /** In the order in which they are applied: what runs comes last. */
  objects: KubeObject[];
  workloads: WorkloadObject[];
  pods: PodObject[];
}

/** All that the manifests have under test. */
export const KINDS_UNDER_TEST: readonly Kind[] = ['Service', 'PodDisruptionBudget', 'StatefulSet', 'Deployment'];

export async function lookAtSystem(cluster: KubeCluster, signal: AbortSignal): Promise<SystemSight> {
  const objects = await objectsUnderTest(cluster, signal);
  const pods = await cluster.list<PodObject>('Pod', { namespace: NAMESPACE }, signal);
  return { objects, workloads: objects.filter(isWorkload), pods };
}

export async function objectsUnderTest(cluster: KubeCluster, signal: AbortSignal): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const kind of KINDS_UNDER_TEST) {
    const all = await cluster.list<KubeObject>(kind, { namespace: NAMESPACE }, signal);
    // Items of a list do not say their kind.
    found.push(...all.filter((one) => isMade(one) && isUnderTest({ ...one, kind })).map((one) => ({ ...one, kind })));
  }
  return found;
}

/** Volumes of shards, which outlive what they were made for. */
export async function shardClaims(cluster: KubeCluster, signal: AbortSignal): Promise<ObjectRef[]> {
  const kind = 'PersistentVolumeClaim';
  const all = await cluster.list<KubeObject>(kind, { namespace: NAMESPACE }, signal);
  const own = all.filter((one) => isMade(one) && isUnderTest({ ...one, kind }));
  return own.map(({ metadata: { name } }) => ({ kind, name, namespace: NAMESPACE }));
}

export function isWorkload(object: KubeObject): object is WorkloadObject {
  return object.kind === 'StatefulSet' || object.kind === 'Deployment';
}

export function workloadRef({ kind, metadata: { name } }: WorkloadObject): WorkloadRef {
  return { kind: kind === 'Deployment' ? 'Deployment' : 'StatefulSet', name, namespace: NAMESPACE };
}

/** Of what a manifest, or the cluster, says. */
export function refUnderTest(object: KubeObject): ObjectRef {
  const kind = KINDS_UNDER_TEST.find((one) => one === object.kind) ?? kindOf(object);
  return { kind, name: object.metadata.name, namespace: NAMESPACE };
}

/** Undefined: nothing is deployed. */
export function shapeOf({ workloads }: SystemSight): Shape | undefined {
  if (workloads.length === 0) return undefined;
  return workloads.every(({ metadata }) => metadata.name === shardSet('a').name) ? 'single' : 'multi';
}

export function podsOf({ pods }: Pick<SystemSight, 'pods'>, { spec }: WorkloadObject): PodObject[] {
  const wanted = Object.entries(spec.selector.matchLabels ?? {});
  return pods.filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
}

/** The one that answers; undefined: none does. */
export function readyPodOf(sight: SystemSight, { kind, name }: WorkloadRef): PodObject | undefined {
  const workload = sight.workloads.find((one) => one.kind === kind && one.metadata.name === name);
  if (workload === undefined) return undefined;
  return podsOf(sight, workload).find(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && isTrue(status.conditions, 'Ready'),
  );
}
