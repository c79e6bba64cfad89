/** The target of a name, and how a deployment is told. */
import { LocalTarget, type LocalTargetOptions } from './local/local-target.ts';
import { type Deployment, type Endpoint, endpointsOf } from './target.ts';

export const TARGET_NAMES = ['local'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** `local` keeps its state in `.mex` of the working folder. */
export function selectTarget(name: TargetName, options: LocalTargetOptions = {}): LocalTarget {
  switch (name) {
    case 'local':
      return new LocalTarget(options);
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
