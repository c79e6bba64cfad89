/** Steps after which pods can run in a cluster: its API answers, its nodes are ready, names resolve, volumes can be had. */
import type { ClusterSession, ClusterStep } from './cluster-steps.ts';

/** k3s makes both seconds after it has started. */
const ADDONS_MS_MAX = 120_000;

/** Of a cluster that was made or started a moment ago. @param count how many nodes it must have. */
export function ownReadySteps(session: ClusterSession, count: number): ClusterStep[] {
  return [
    {
      title: 'nodes',
      run: async (_report, signal) => {
        const nodes = await (await session.open()).waitForNodes({ count, fresh: true }, signal);
        return { changed: false, found: describeNodes(nodes) };
      },
    },
    {
      title: 'names and volumes',
      run: async (report, signal) => {
        const cluster = await session.open();
        const dns = { kind: 'Deployment', name: 'coredns', namespace: 'kube-system' } as const;
        await cluster.waitForObject(dns, ADDONS_MS_MAX, signal);
        await cluster.rollout(dns, { report, limitMs: ADDONS_MS_MAX }, signal);
        const storageClass = await cluster.waitForStorageClass(ADDONS_MS_MAX, signal);
        return { changed: false, found: `volumes of class ${storageClass}` };
      },
    },
  ];
}

/** Of a cluster that somebody else keeps: it is taken as it is, if it can be used. */
export function otherReadySteps(session: ClusterSession): ClusterStep[] {
  return [
    {
      title: 'nodes',
      run: async (_report, signal) => {
        const nodes = await (await session.open()).waitForNodes({ count: 1, fresh: false }, signal);
        return { changed: false, found: describeNodes(nodes) };
      },
    },
  ];
}

function describeNodes(nodes: readonly { kubeletVersion: string; problems: readonly string[] }[]): string {
  const usable = nodes.filter(({ problems }) => problems.length === 0).length;
  const versions = [...new Set(nodes.map(({ kubeletVersion }) => kubeletVersion))].join(', ');
  return `${usable} of ${nodes.length} ready, ${versions}`;
}
