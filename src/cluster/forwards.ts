/**
 * What of a cluster may be reached from this machine, and how: by a forward to a port here, or, in a cluster of mex's own,
 * by the node port that is mapped to this machine anyway.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import type { ForwardRequest } from '../kubernetes/port-forward.ts';
import { PORT_NAMES, type PortName } from './cluster-plan.ts';
import type { ClusterRecord } from './cluster-record.ts';

type Place = { namespace: string; port: number; scheme: 'http' | 'kafka' } & (
  | { service: string; pod?: never }
  | { pod: string; service?: never }
);

const engine = (shard: string): Place => {
  return { namespace: 'matching-engine', service: `me-shard-${shard}`, port: 8080, scheme: 'http' };
};

const PLACES = {
  gateway: { namespace: 'matching-engine', service: 'edge-gateway', port: 8080, scheme: 'http' },
  'engine-a': engine('a'),
  'engine-b': engine('b'),
  'engine-c': engine('c'),
  prometheus: { namespace: 'monitoring', service: 'prometheus', port: 9090, scheme: 'http' },
  grafana: { namespace: 'monitoring', service: 'grafana', port: 3000, scheme: 'http' },
  // Not a port of its Service: a listener of the pod for who comes this way, since a broker says itself where it is.
  broker: { namespace: 'matching-engine', pod: 'broker-0', port: 19_092, scheme: 'kafka' },
} as const satisfies Record<PortName | 'broker', Place>;

export type ForwardName = keyof typeof PLACES;
export const FORWARD_NAMES = Object.keys(PLACES) as ForwardName[];

const USUAL_PORTS: Readonly<Record<ForwardName, number>> = {
  gateway: 8080,
  'engine-a': 8081,
  'engine-b': 8082,
  'engine-c': 8083,
  prometheus: 9090,
  grafana: 3000,
  broker: 19_092,
};
/** It advertises itself so: a forward from another port would lead clients astray after their first request. */
const FIXED: readonly ForwardName[] = ['broker'];

export interface PlannedForward {
  name: ForwardName;
  scheme: Place['scheme'];
  /** Of a cluster of mex's own: it is reached by that port already, nothing is opened. */
  nodePort?: number;
  /** What is to be opened. */
  request?: ForwardRequest & { localPort: number };
}

/** `prometheus=19090`. @throws MexError for an unknown name, a bad port, one port twice, or one that cannot be another. */
export function parseForwardPorts(texts: readonly string[]): Partial<Record<ForwardName, number>> {
  const ports: Partial<Record<ForwardName, number>> = {};
  for (const text of texts) {
    const [, name = '', digits = ''] = /^([a-z-]+)=(\d{1,5})$/.exec(text) ?? [];
    const port = Number(digits);
    const known = FORWARD_NAMES.find((one) => one === name);
    if (known === undefined || port < 1 || port > 65_535) {
      throw badPort(`--port ${text}: expected NAME=PORT with a port from 1 to 65535`);
    }
    if (FIXED.includes(known) && port !== USUAL_PORTS[known]) {
      throw badPort(`--port ${text}: the ${known} tells its clients to come to 127.0.0.1:${USUAL_PORTS[known]}`);
    }
    ports[known] = port;
  }
  const used = Object.values({ ...USUAL_PORTS, ...ports });
  if (new Set(used).size !== used.length) throw badPort('--port: two servers cannot have the same port');
  return ports;
}

/** What of it is there. @param asked ports that a person named */
export async function planForwards(
  cluster: KubeCluster,
  record: ClusterRecord,
  asked: Partial<Record<ForwardName, number>>,
  signal: AbortSignal,
): Promise<PlannedForward[]> {
  const planned: PlannedForward[] = [];
  for (const name of FORWARD_NAMES) {
    const { namespace, service, pod } = PLACES[name] as Place;
    const kind = pod === undefined ? 'Service' : 'Pod';
    if ((await cluster.get({ kind, name: pod ?? service, namespace }, signal)) === undefined) continue;
    planned.push(planOne(name, record, asked[name]));
  }
  return planned;
}

function planOne(name: ForwardName, record: ClusterRecord, asked: number | undefined): PlannedForward {
  const { scheme, ...place } = PLACES[name] as Place;
  const mapped = record.kind === 'k3d' ? record.plan.ports : undefined;
  const own = PORT_NAMES.find((one) => one === name);
  if (asked === undefined && mapped !== undefined && own !== undefined) {
    return { name, scheme, nodePort: mapped[own] };
  }
  const wanted = asked ?? USUAL_PORTS[name];
  const holder = mapped && PORT_NAMES.find((one) => mapped[one] === wanted);
  if (holder !== undefined) throw heldByNodePort(name, wanted, holder);
  return { name, scheme, request: { ...place, localPort: wanted } };
}

function heldByNodePort(name: ForwardName, port: number, holder: string): MexError {
  return new MexError(`Port ${port} for ${name} is in use by the cluster's own node port of ${holder}`, {
    code: 'PORT_TAKEN',
    exit: EXIT.environment,
    suggestion: FIXED.includes(name)
      ? 'Make the cluster with another port for it: mex cluster down, then mex cluster up --port NAME=PORT.'
      : `Take another one: --port ${name}=PORT`,
  });
}

function badPort(message: string): MexError {
  return new MexError(message, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: `Names are ${FORWARD_NAMES.join(', ')}; for example --port prometheus=19090.`,
  });
}
