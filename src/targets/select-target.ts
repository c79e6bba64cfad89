/** The target of a name, and how a deployment is told. */
import { LocalTarget } from './local/local-target.ts';
import type { Deployment, Endpoint } from './target.ts';

export const TARGET_NAMES = ['local'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** `local` keeps its state in `.mex` of the working folder. */
export function selectTarget(name: TargetName): LocalTarget {
  switch (name) {
    case 'local':
      return new LocalTarget();
  }
}

/** The processes that the target has started. */
export function endpointsOf({ shards, gateway, collector, broker, proxy }: Deployment): Endpoint[] {
  const own = broker?.pid === undefined ? [] : [{ ...broker, pid: broker.pid }];
  return [...Object.values(shards), ...(gateway ? [gateway] : []), collector, ...own, ...(proxy ? [proxy] : [])];
}

/** A line a server. @param logsFolder where the servers' logs are. */
export function describeDeployment(deployment: Deployment, logsFolder: string): string {
  const rows = endpointsOf(deployment).map(({ name, url, pid }) => [
    name,
    url,
    `pid ${pid}`,
    `${logsFolder}/${name}.log`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}
