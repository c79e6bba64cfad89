/** Where the Grafana of mex's own cluster is on this machine. */
import { resolve } from 'node:path';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

/** @throws MexError exit 5 where there is no cluster, or one whose ports are not mapped to this machine */
export async function clusterGrafana(): Promise<string> {
  const { readPlace } = await import('../targets/kubernetes/cluster-place.ts');
  const { record } = await readPlace(resolve('.mex'));
  if (record.kind === 'k3d') return `http://127.0.0.1:${record.plan.ports.grafana}`;
  throw new MexError(`The Grafana in the cluster of context "${record.context}" has no address on this machine`, {
    code: 'NO_DASHBOARD',
    exit: EXIT.environment,
    suggestion: 'Forward its port, and name that: mex dashboard --grafana http://127.0.0.1:3000',
  });
}
