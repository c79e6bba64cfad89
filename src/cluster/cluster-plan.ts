/** What a cluster of mex's own is made of, and the configuration that k3d makes it from. Pure. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

export const CLUSTER_NAME = 'matching-engine-exp';

/** From a port of this machine to a port of every node: who serves there, and where. */
const NODE_PORTS = {
  gateway: { hostPort: 8080, nodePort: 30_080 },
  'engine-a': { hostPort: 8081, nodePort: 30_081 },
  'engine-b': { hostPort: 8082, nodePort: 30_082 },
  'engine-c': { hostPort: 8083, nodePort: 30_083 },
  prometheus: { hostPort: 9090, nodePort: 30_090 },
  grafana: { hostPort: 3000, nodePort: 30_030 },
} as const;

export type PortName = keyof typeof NODE_PORTS;
export const PORT_NAMES = Object.keys(NODE_PORTS) as PortName[];
/** On 127.0.0.1 of this machine. */
export type HostPorts = Record<PortName, number>;

export interface ClusterPlan {
  name: string;
  agents: number;
  /** Absent: what k3d takes by itself. */
  k3sImage?: string;
  ports: HostPorts;
}

const AGENTS = 3;
/** Marks containers as mex's; the value says which `.mex` folder they belong to. */
export const ID_LABEL = 'mex.cluster';
export const FOLDER_LABEL = 'mex.folder';
/** The node that is kept for the load generator. */
export const LOAD_LABEL = 'mex.load';
/** Pulling the images of k3s on a slow line, then starting it. */
const CREATE_S_MAX = 300;
export const CREATE_MS_MAX = (CREATE_S_MAX + 30) * 1_000;

/** What a person may ask for; what is left out is as it was, or usual. */
export interface ClusterWish {
  name?: string | undefined;
  agents?: number | undefined;
  k3sImage?: string | undefined;
  ports: Partial<HostPorts>;
}

export function planOf({ name = CLUSTER_NAME, agents = AGENTS, k3sImage, ports }: ClusterWish): ClusterPlan {
  const usual = Object.fromEntries(PORT_NAMES.map((port) => [port, NODE_PORTS[port].hostPort])) as HostPorts;
  return { name, agents, ...(k3sImage !== undefined && { k3sImage }), ports: { ...usual, ...ports } };
}

/** What was asked for and is not so; nothing of it can be changed while the cluster is there. */
export function differences(plan: ClusterPlan, wish: ClusterWish): string[] {
  const differs: string[] = [];
  const compare = (what: string, is: unknown, asked: unknown): void => {
    if (asked !== undefined && asked !== is) differs.push(`${what} is ${is ?? "k3d's own"}, not ${asked}`);
  };
  compare('its name', plan.name, wish.name);
  compare('the number of agents', plan.agents, wish.agents);
  compare('the image of its nodes', plan.k3sImage, wish.k3sImage);
  for (const name of PORT_NAMES) compare(`the port of ${name}`, plan.ports[name], wish.ports[name]);
  return differs;
}

/** `gateway=18080`. @throws MexError for an unknown name, a bad port, or one port twice */
export function parsePorts(texts: readonly string[]): Partial<HostPorts> {
  const ports: Partial<HostPorts> = {};
  for (const text of texts) {
    const [, name = '', digits = ''] = /^([a-z-]+)=(\d{1,5})$/.exec(text) ?? [];
    const port = Number(digits);
    const known = PORT_NAMES.find((one) => one === name);
    if (known === undefined || port < 1 || port > 65_535) {
      throw badFlag(`--port ${text}: expected NAME=PORT with a port from 1 to 65535`, PORT_NAMES);
    }
    ports[known] = port;
  }
  const used = Object.values(planOf({ ports }).ports);
  if (new Set(used).size === used.length) return ports;
  throw badFlag('--port: two servers cannot have the same port', PORT_NAMES);
}

/** Docker and Kubernetes both make host names of it. */
export function checkName(name: string): string {
  if (/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name;
  throw new MexError(`--name ${name}: expected up to 32 small letters, digits and hyphens, a letter first`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
  });
}

/** For `k3d cluster create --config`. JSON, which is YAML too. */
export function k3dConfig({ name, agents, k3sImage, ports }: ClusterPlan, owner: { id: string; folder: string }) {
  const nodes = agents === 0 ? ['server:*'] : ['server:*', 'agent:*'];
  const labels = { [ID_LABEL]: owner.id, [FOLDER_LABEL]: owner.folder };
  return {
    apiVersion: 'k3d.io/v1alpha5',
    kind: 'Simple',
    metadata: { name },
    servers: 1,
    agents,
    ...(k3sImage !== undefined && { image: k3sImage }),
    // Straight to the node: k3d's own load balancer would add a hop, and a limit of connections.
    ports: PORT_NAMES.map((port) => ({
      port: `127.0.0.1:${ports[port]}:${NODE_PORTS[port].nodePort}`,
      nodeFilters: ['server:0:direct'],
    })),
    options: {
      k3d: { wait: true, timeout: `${CREATE_S_MAX}s`, disableLoadbalancer: true },
      k3s: {
        extraArgs: [{ arg: '--disable=traefik', nodeFilters: ['server:*'] }],
        nodeLabels: agents === 0 ? [] : [{ label: `${LOAD_LABEL}=true`, nodeFilters: [`agent:${agents - 1}`] }],
      },
      kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
      runtime: {
        labels: Object.entries(labels).map(([label, value]) => ({ label: `${label}=${value}`, nodeFilters: nodes })),
      },
    },
  };
}

function badFlag(message: string, names: readonly string[]): MexError {
  return new MexError(message, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: `Names are ${names.join(', ')}; for example --port gateway=18080.`,
  });
}
