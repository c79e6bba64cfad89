/** Is a StatefulSet or Deployment what its manifest says: all pods new, ready, and the old ones gone? Pure. */
import { conditionOf, isTrue, type PodObject, type WorkloadObject } from './object-types.ts';
import type { Trouble } from './pod-trouble.ts';

/** False: the status is still that of the manifest before. */
export function isObserved({ metadata: { generation = 0 }, status }: WorkloadObject): boolean {
  return (status?.observedGeneration ?? 0) >= generation;
}

export function isRolledOut(workload: WorkloadObject, pods: readonly PodObject[]): boolean {
  const { status = {} } = workload;
  const wanted = replicasOf(workload);
  const live = livePods(pods);
  if (!isObserved(workload)) return false;
  // A pod that ends still answers, and holds its volume.
  if (live.length !== wanted || live.some(({ metadata }) => metadata.deletionTimestamp !== undefined)) return false;
  if ((status.availableReplicas ?? 0) !== wanted) return false;
  if (!live.every((pod) => isTrue(pod.status.conditions, 'Ready'))) return false;
  if (workload.kind === 'StatefulSet') return live.every((pod) => hashOf(pod) === status.updateRevision);
  // Of a Deployment: pods of the newest template, and pods of any.
  return (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted;
}

/** The pods of a workload that count. One that has ended is only remembered, unless it is still being put away. */
export function livePods(pods: readonly PodObject[]): PodObject[] {
  return pods.filter(({ metadata: { deletionTimestamp }, status: { phase } }) => {
    return deletionTimestamp !== undefined || (phase !== 'Succeeded' && phase !== 'Failed');
  });
}

/** `2 of 3 pods ready, 1 ending`. */
export function progressOf(workload: WorkloadObject, pods: readonly PodObject[]): string {
  const ending = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const staying = livePods(pods).filter((pod) => !ending.includes(pod));
  const ready = staying.filter((pod) => isTrue(pod.status.conditions, 'Ready')).length;
  return `${ready} of ${replicasOf(workload)} pods ready${ending.length === 0 ? '' : `, ${ending.length} ending`}`;
}

/** What a Deployment says of itself; of a StatefulSet only events tell. */
export function troubleOfWorkload({ kind, status }: WorkloadObject): Trouble | undefined {
  if (kind !== 'Deployment') return undefined;
  const refused = conditionOf(status?.conditions, 'ReplicaFailure');
  if (refused?.status === 'True') return { kind: 'refused', what: refused.message ?? refused.reason ?? 'no reason' };
  const progress = conditionOf(status?.conditions, 'Progressing');
  if (progress?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return { kind: 'failed', what: progress.message ?? progress.reason };
}

/** What the manifest leaves out is 1. */
export function replicasOf({ spec: { replicas } }: WorkloadObject): number {
  return replicas ?? 1;
}

/** Which manifest a pod was made from. */
export function hashOf({ metadata: { labels } }: PodObject): string | undefined {
  return labels?.['controller-revision-hash'] ?? labels?.['pod-template-hash'];
}
