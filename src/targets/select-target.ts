/** The target of a name, and how a deployment is told. */
import type { Use } from './kubernetes/reach.ts';
import type { LocalTargetOptions } from './local/local-target.ts';
import { type Deployment, type Endpoint, endpointsOf, type Target } from './target.ts';

export const TARGET_NAMES = ['local', 'k8s'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

export interface TargetOptions {
  /** Of `local`, which keeps its state in `.mex` of the working folder. */
  local?: LocalTargetOptions;
  /** Of `k8s`: what the command does with a deployment. */
  uses?: readonly Use[];
  /** Of `k8s`: told what has become of a rollout so far. */
  report?: (line: string) => void;
}

/** Only what the named one needs is loaded. */
export async function selectTarget(
  name: TargetName,
  { local, uses = [], report = () => {} }: TargetOptions = {},
): Promise<Target> {
  switch (name) {
    case 'local': {
      const { LocalTarget } = await import('./local/local-target.ts');
      return new LocalTarget(local);
    }
    case 'k8s': {
      const { KubernetesTarget } = await import('./kubernetes/kubernetes-target.ts');
      return new KubernetesTarget({ uses, rollout: { report } });
    }
  }
}

/** A line a server, and one for a broker that is none of mex's. @param logsFolder where the servers' logs are. */
export function describeDeployment(deployment: Deployment, logsFolder: string): string {
  const rows = endpointsOf(deployment).map((endpoint) => [
    endpoint.name,
    endpoint.url,
    ...placeOf(endpoint, logsFolder),
  ]);
  const { realBroker } = deployment;
  if (realBroker !== undefined) {
    const pid = realBroker.process === undefined ? '' : `pid ${realBroker.process.pid}`;
    rows.push(['broker', realBroker.bootstrap, pid, 'not started by mex']);
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function placeOf({ name, pid, pod }: Endpoint, logsFolder: string): string[] {
  if (pod === undefined) return [`pid ${pid}`, `${logsFolder}/${name}.log`];
  return [`${pod.namespace}/${pod.name}`, pod.node === undefined ? '' : `on ${pod.node}`];
}
