/** What a load puts into a cluster, found by its labels and removed: its own, and what a mex that was killed has left. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { type Kind, nameOf } from '../../kubernetes/kinds.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { pollUntil } from '../../kubernetes/poll.ts';
import { LOAD_JOB_LABELS } from './job-manifests.ts';

/** Jobs first: their pods end with them. */
const KINDS: readonly Kind[] = ['Job', 'ConfigMap'];
/** A k6 that still sends lets its orders end, and is killed after the minute that its manifest allows. */
const GONE_MS_MAX = 90_000;

export interface Where {
  namespace: string;
  everyMs: number;
}

/** The names of what it removed, once their pods are gone too. @throws MexError `STILL_THERE` */
export async function removeLoadObjects(
  cluster: KubeCluster,
  { namespace, everyMs }: Where,
  signal: AbortSignal,
): Promise<string[]> {
  const removed: string[] = [];
  for (const kind of KINDS) {
    for (const { metadata } of await cluster.list(kind, { namespace, labels: LOAD_JOB_LABELS }, signal)) {
      const ref = { kind, name: metadata.name, namespace };
      if (await cluster.remove(ref, { goneMsMax: GONE_MS_MAX, everyMs }, signal)) removed.push(nameOf(ref));
    }
  }
  const gone = async (): Promise<true | undefined> => {
    const pods = await cluster.list('Pod', { namespace, labels: LOAD_JOB_LABELS }, signal);
    return pods.length === 0 ? true : undefined;
  };
  if ((await pollUntil(gone, { limitMs: GONE_MS_MAX, everyMs, signal })) !== undefined) return removed;
  throw new MexError(`A pod of an earlier load is not gone after ${GONE_MS_MAX / 1_000} s, and may still send`, {
    code: 'STILL_THERE',
    exit: EXIT.environment,
    suggestion: `See: kubectl -n ${namespace} get pods -l app.kubernetes.io/component=load`,
  });
}
