/** Removes workloads with what belongs to them, and waits until their pods have ended: until then they hold their volumes. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { ObjectRef } from '../../kubernetes/kinds.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { KubeObject, PodObject } from '../../kubernetes/object-types.ts';
import { pollUntil } from '../../kubernetes/poll.ts';
import { NAMESPACE } from './system-names.ts';
import { isWorkload, podsOf, refUnderTest } from './system-sight.ts';

/** A pod is killed 30 s after it was told to end. */
const PODS_GONE_MS_MAX = 60_000;
const CLAIM_GONE_MS_MAX = 60_000;

/** @param objects as the cluster has them. @returns the names of the workloads that it removed */
export async function removeSystem(
  cluster: KubeCluster,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<string[]> {
  const removed: string[] = [];
  // What stands before the others goes first: the gateway, then the shards, then their names.
  for (const object of objects.toReversed()) {
    const was = await cluster.remove(refUnderTest(object), {}, signal);
    if (was && isWorkload(object)) removed.push(object.metadata.name);
  }
  await podsGone(cluster, objects, signal);
  return removed;
}

export async function removeClaims(
  cluster: KubeCluster,
  claims: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<void> {
  for (const claim of claims) await cluster.remove(claim, { goneMsMax: CLAIM_GONE_MS_MAX }, signal);
}

async function podsGone(cluster: KubeCluster, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  const workloads = objects.filter(isWorkload);
  if (workloads.length === 0) return;
  let left: PodObject[] = [];
  const look = async (): Promise<true | undefined> => {
    const pods = await cluster.list<PodObject>('Pod', { namespace: NAMESPACE }, signal);
    left = workloads.flatMap((workload) => podsOf({ pods }, workload));
    return left.length === 0 ? true : undefined;
  };
  if ((await pollUntil(look, { limitMs: PODS_GONE_MS_MAX, signal })) !== undefined) return;
  const names = left.map(({ metadata: { name } }) => name).join(', ');
  throw new MexError(`Pods that were told to end are still there after ${PODS_GONE_MS_MAX / 1_000} s: ${names}`, {
    code: 'STILL_THERE',
    exit: EXIT.environment,
    suggestion: 'They may still go: run this again.',
  });
}
