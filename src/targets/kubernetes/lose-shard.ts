/**
 * Deletes the pod of a shard in the midst of its work. Its volume, and so its log, is kept: the StatefulSet makes another pod
 * upon it. One second is left to the engine, the least there is without the cluster calling it gone before it is.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { ShardId } from '../../protocol/shards.ts';
import type { LostShard } from '../target.ts';

const NAMESPACE = 'matching-engine';
const GRACE_S = 1;
/** A pod is made and its volume bound in seconds; replaying a log of an experiment takes less. */
const BACK_MS_MAX = 120_000;
const LOOK_EVERY_MS = 250;

/** Resolves when the cluster has begun to end it. @throws MexError where there is no such pod */
export async function loseClusterShard(
  shard: ShardId,
  { cluster }: { cluster: KubeCluster },
  signal: AbortSignal,
): Promise<LostShard> {
  const set = { kind: 'StatefulSet', name: `me-shard-${shard}`, namespace: NAMESPACE } as const;
  const pod = { kind: 'Pod', name: `${set.name}-0`, namespace: NAMESPACE } as const;
  if (!(await cluster.remove(pod, { graceSeconds: GRACE_S }, signal))) {
    throw new MexError(`Shard ${shard} cannot be lost: there is no pod ${pod.name}`, {
      code: 'NOT_DEPLOYED',
      exit: EXIT.environment,
      suggestion: 'See: mex cluster status',
    });
  }
  return {
    means: `pod ${pod.name} deleted, with ${GRACE_S} s to end`,
    back: () => cluster.rollout(set, { limitMs: BACK_MS_MAX, everyMs: LOOK_EVERY_MS }, signal),
  };
}
