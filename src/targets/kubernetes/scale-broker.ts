/**
 * The broker scaled to nothing, and back to what it was. How many it were stands on the StatefulSet itself, written in the
 * same breath, so that whoever comes later can undo it, whatever became of who did it.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { PodObject, WorkloadObject } from '../../kubernetes/object-types.ts';
import { pollUntil } from '../../kubernetes/poll.ts';

export const BROKER = { kind: 'StatefulSet', name: 'broker', namespace: 'matching-engine' } as const;
const KEPT = 'mex/replicas-before-fault';
/** A fault must begin while there is still time for it: a broker that does not end by then is ended. Its log is kept. */
const END_GRACE_S = 2;
const GONE_MS_MAX = 60_000;
/** A volume that moves with its pod takes half a minute on some clouds, Kafka itself 5 to 20 s. */
export const BACK_MS_MAX = 120_000;
const LOOK_EVERY_MS = 250;

/** Resolves when its last pod is gone: from then on nobody can reach it. */
export async function scaleAway(cluster: KubeCluster, signal: AbortSignal): Promise<void> {
  const set = await cluster.get<WorkloadObject>(BROKER, signal);
  if (set === undefined) throw faultFailed('there is no StatefulSet of it');
  const replicas = keptOf(set) ?? set.spec.replicas ?? 1;
  if (replicas === 0) throw faultFailed('it is scaled to 0 already');
  const kept = { metadata: { annotations: { [KEPT]: String(replicas) } }, spec: { replicas: 0 } };
  await cluster.patch(BROKER, kept, signal);
  await waitGone(cluster, set.spec.selector.matchLabels ?? {}, signal);
}

/** False: nobody had scaled it away. Only asks for it: see `waitBack`. */
export async function scaleBack(cluster: KubeCluster, signal: AbortSignal): Promise<boolean> {
  const set = await cluster.get<WorkloadObject>(BROKER, signal);
  const replicas = set && keptOf(set);
  if (replicas === undefined) return false;
  const restored = { metadata: { annotations: { [KEPT]: null } }, spec: { replicas } };
  await cluster.patch(BROKER, restored, signal);
  return true;
}

/** @throws MexError when it is not ready in time, with the pod's own reason */
export function waitBack(cluster: KubeCluster, signal: AbortSignal): Promise<void> {
  return cluster.rollout(BROKER, { limitMs: BACK_MS_MAX, everyMs: LOOK_EVERY_MS }, signal);
}

/**
 * Gives back a broker that a mex which is gone had taken away, and waits until it is ready. What was done, in words;
 * undefined: there was nothing to undo.
 */
export async function undoLeftFault(cluster: KubeCluster, signal: AbortSignal): Promise<string | undefined> {
  if (!(await scaleBack(cluster, signal))) return undefined;
  await waitBack(cluster, signal);
  return 'the broker, scaled to 0 by a mex that has ended, is back';
}

function keptOf({ metadata }: WorkloadObject): number | undefined {
  const text = metadata.annotations?.[KEPT];
  return text !== undefined && /^[1-9]\d{0,2}$/.test(text) ? Number(text) : undefined;
}

async function waitGone(
  cluster: KubeCluster,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const hurried = new Set<string>();
  const look = async (): Promise<true | undefined> => {
    const pods = await cluster.list<PodObject>('Pod', { namespace: BROKER.namespace, labels }, signal);
    for (const { metadata } of pods) {
      const { name, uid = '', deletionTimestamp } = metadata;
      // One that is not ending yet would be made anew.
      if (deletionTimestamp === undefined || hurried.has(uid)) continue;
      hurried.add(uid);
      const pod = { kind: 'Pod', name, namespace: BROKER.namespace } as const;
      await cluster.remove(pod, { graceSeconds: END_GRACE_S }, signal);
    }
    return pods.length === 0 ? true : undefined;
  };
  const gone = await pollUntil(look, { limitMs: GONE_MS_MAX, everyMs: LOOK_EVERY_MS, signal });
  if (gone === undefined) throw faultFailed(`its pod is still there after ${GONE_MS_MAX / 1_000} s`);
}

function faultFailed(why: string): MexError {
  return new MexError(`The broker cannot be taken away: ${why}`, {
    code: 'FAULT',
    exit: EXIT.environment,
    suggestion: 'See: mex cluster status',
  });
}
