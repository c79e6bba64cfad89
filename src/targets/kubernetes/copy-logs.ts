/** The logs of all pods in mex's namespaces as files: of each container, of this run and, where it was restarted, of the one before. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { PodObject } from '../../kubernetes/object-types.ts';
import { MONITORING, NAMESPACE } from './system-names.ts';

/** A file that cannot be had says why: a log is no reason to lose the rest of a run. */
export async function copyPodLogs(cluster: KubeCluster, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const namespace of [NAMESPACE, MONITORING]) {
    const pods = await cluster.list<PodObject>('Pod', { namespace }, signal);
    for (const pod of pods) await copyOf(cluster, pod, { namespace, folder }, signal);
  }
}

async function copyOf(
  cluster: KubeCluster,
  { metadata: { name: pod }, status }: PodObject,
  { namespace, folder }: { namespace: string; folder: string },
  signal: AbortSignal,
): Promise<void> {
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const of = { namespace, pod, container: container.name };
    const runs = container.restartCount > 0 ? [false, true] : [false];
    for (const previous of runs) {
      const text = await logOrWhyNot(() => cluster.wholeLog(of, { previous }, signal), signal);
      const suffix = previous ? '.previous' : '';
      await writeFile(join(folder, `${namespace}.${pod}.${container.name}${suffix}.log`), text);
    }
  }
}

async function logOrWhyNot(read: () => Promise<string>, signal: AbortSignal): Promise<string> {
  try {
    return await read();
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof MexError)) throw thrown;
    return `mex: ${messageOf(thrown)}\n`;
  }
}
