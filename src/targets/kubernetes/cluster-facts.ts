/** What a reader must know of a cluster to weigh figures that were measured in it. */
import { LOAD_LABEL } from '../../cluster/cluster-plan.ts';
import type { ClusterRecord } from '../../cluster/cluster-record.ts';
import type { Platform } from '../../cluster/platform.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';

export interface ClusterFacts {
  /** `k3d`: its nodes are containers of this machine. */
  kind: 'k3d' | 'context';
  context: string;
  nodes: { name: string; cpu: string; memory: string; kubelet: string; forLoad: boolean }[];
  broker: string;
  observability: string;
  place: string;
  image: string;
}

export async function readClusterFacts(
  cluster: KubeCluster,
  { kind }: Pick<ClusterRecord, 'kind'>,
  { broker, observability, place, image }: Platform,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const nodes = (await cluster.nodes(signal)).map(({ name, capacity, kubeletVersion, labels }) => ({
    name,
    ...capacity,
    kubelet: kubeletVersion,
    forLoad: labels[LOAD_LABEL] === 'true',
  }));
  return { kind, context: cluster.ref.context, nodes, broker, observability, place, image };
}
