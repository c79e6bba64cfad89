/** What a person is told of the cluster: its state, its nodes, mex's namespaces in it, and the pods there. */
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { isMade, MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import { isTrue, type KubeObject, type PodObject } from '../kubernetes/object-types.ts';
import { troubleOfPod } from '../kubernetes/pod-trouble.ts';
import { CLUSTER_NAME, type HostPorts, LOAD_LABEL } from './cluster-plan.ts';
import { type ClusterRecord, readRecord, refOf } from './cluster-record.ts';
import { ClusterSession } from './cluster-steps.ts';
import { requireDocker } from './docker.ts';
import { lookAtCluster, type OwnState } from './own-cluster.ts';
import type { Platform } from './platform.ts';
import { passwordCommand } from './secrets.ts';

export interface ClusterStatus {
  /** `other`: a cluster that somebody else keeps, and that answers. */
  state: OwnState | 'other';
  name: string;
  context?: string;
  kubeconfig?: string;
  /** Ports of 127.0.0.1, of mex's own cluster. */
  ports?: HostPorts;
  nodes: { name: string; ready: boolean; problems: string[]; version: string; forLoad: boolean }[];
  namespaces: { name: string; phase: string; madeByMex: boolean }[];
  pods: PodLine[];
  /** What the system under test stands on; absent: `cluster up` has not come so far. */
  platform?: Platform;
  /** Where a person reads Prometheus and Grafana; absent: only from inside, or by `mex forward`. */
  addresses?: { prometheus: string; grafana: string };
  /** A command that prints Grafana's password. */
  passwordCommand?: string;
}

export interface PodLine {
  namespace: string;
  name: string;
  ready: boolean;
  phase: string;
  node: string;
  restarts: number;
  trouble: string | null;
}

export function isUsable({ state }: Pick<ClusterStatus, 'state'>): boolean {
  return state === 'running' || state === 'other';
}

export async function describeCluster(folder: string, signal: AbortSignal): Promise<ClusterStatus> {
  const record = await readRecord(folder);
  const nothing = { nodes: [], namespaces: [], pods: [] };
  if (record?.kind === 'context') {
    return {
      state: 'other',
      name: record.context,
      ...(await lookInside(record, folder, signal)),
      ...standsOn(record, folder),
    };
  }
  await requireDocker(signal);
  const name = record?.plan.name ?? CLUSTER_NAME;
  const { state } = await lookAtCluster(name, { record, folder }, signal);
  if (record === undefined || state !== 'running') return { state, name, ...nothing };
  const { ports } = record.plan;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const addresses = { prometheus: at(ports.prometheus), grafana: at(ports.grafana) };
  const platform = standsOn(record, folder);
  return {
    ...{ state, name, ports, ...(await lookInside(record, folder, signal)), ...platform },
    ...('platform' in platform && { addresses }),
  };
}

function standsOn(record: ClusterRecord, folder: string): Pick<ClusterStatus, 'platform' | 'passwordCommand'> {
  const { platform } = record;
  return platform === undefined ? {} : { platform, passwordCommand: passwordCommand(refOf(record, folder)) };
}

type Inside = Pick<ClusterStatus, 'context' | 'kubeconfig' | 'nodes' | 'namespaces' | 'pods'>;

async function lookInside(record: ClusterRecord, folder: string, signal: AbortSignal): Promise<Inside> {
  const session = new ClusterSession(refOf(record, folder));
  try {
    const cluster = await session.open();
    const nodes = (await cluster.nodes(signal)).map(({ name, ready, problems, kubeletVersion, labels }) => ({
      name,
      ready,
      problems,
      version: kubeletVersion,
      forLoad: labels[LOAD_LABEL] === 'true',
    }));
    const namespaces: ClusterStatus['namespaces'] = [];
    const pods: PodLine[] = [];
    for (const name of MEX_NAMESPACES) {
      const namespace = await cluster.get<KubeObject>({ kind: 'Namespace', name }, signal);
      if (namespace === undefined) continue;
      const { phase = 'unknown' } = (namespace.status ?? {}) as { phase?: string };
      namespaces.push({ name, phase, madeByMex: isMade(namespace) });
      pods.push(...(await podsOf(cluster, name, signal)));
    }
    return { context: session.ref.context, ...kubeconfigOf(session), nodes, namespaces, pods };
  } finally {
    await session.close();
  }
}

function kubeconfigOf({ ref: { kubeconfig } }: ClusterSession): { kubeconfig?: string } {
  return kubeconfig === undefined ? {} : { kubeconfig };
}

async function podsOf(cluster: KubeCluster, namespace: string, signal: AbortSignal): Promise<PodLine[]> {
  const pods = await cluster.list<PodObject>('Pod', { namespace }, signal);
  return pods.map((pod) => ({
    namespace,
    name: pod.metadata.name,
    ready: isTrue(pod.status.conditions, 'Ready'),
    phase: pod.metadata.deletionTimestamp === undefined ? pod.status.phase : 'Terminating',
    node: pod.spec.nodeName ?? '',
    restarts: (pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    trouble: troubleOfPod(pod)?.what ?? null,
  }));
}

const SAYINGS: Readonly<Record<ClusterStatus['state'], string>> = {
  absent: 'is not there; make it with: mex cluster up',
  foreign: 'was not made by mex here; mex leaves it alone',
  'half-made': 'is half made; go on with: mex cluster up; or remove it with: mex cluster down',
  broken: 'lacks nodes or its record; remove it with: mex cluster down',
  stopped: 'is stopped; start it with: mex cluster up',
  running: 'runs',
  other: 'answers; somebody else keeps it',
};

/** For a terminal. */
export function clusterLines(status: ClusterStatus): string[] {
  const { state, name, kubeconfig, ports, nodes, namespaces, pods } = status;
  const lines = [`cluster ${name} ${SAYINGS[state]}`];
  if (kubeconfig !== undefined) lines.push(`kubeconfig ${kubeconfig}`);
  if (ports !== undefined) {
    lines.push(
      `ports of 127.0.0.1: ${Object.entries(ports)
        .map(([who, port]) => `${port} ${who}`)
        .join(', ')}`,
    );
  }
  lines.push(...platformLines(status));
  for (const node of nodes) {
    const use = node.forLoad ? ', for the load' : '';
    lines.push(`node ${node.name}: ${node.problems.join(', ') || 'ready'}, ${node.version}${use}`);
  }
  for (const { name: namespace, phase, madeByMex } of namespaces) {
    lines.push(`namespace ${namespace}: ${phase}${madeByMex ? '' : ', was there before mex'}`);
  }
  for (const pod of pods) {
    const state = pod.trouble ?? (pod.ready ? 'ready' : `${pod.phase}, not ready`);
    const restarts = pod.restarts === 0 ? '' : `, ${pod.restarts} restarts`;
    lines.push(`pod ${pod.namespace}/${pod.name}: ${state}, on ${pod.node || 'no node'}${restarts}`);
  }
  return lines;
}

function platformLines({ state, platform, addresses, passwordCommand: password }: ClusterStatus): string[] {
  if (!isUsable({ state })) return [];
  if (platform === undefined) return ['nothing is in it yet; go on with: mex cluster up'];
  const { broker, observability, place, image } = platform;
  const reach = addresses ?? { prometheus: 'by mex forward', grafana: 'by mex forward' };
  return [
    `platform: ${broker}, monitoring by ${observability === 'helm' ? 'Helm' : 'manifests'}, place ${place}, image ${image}`,
    `Prometheus ${reach.prometheus}; Grafana ${reach.grafana}, as admin with the password that this prints:`,
    `  ${password}`,
  ];
}
