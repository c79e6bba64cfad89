/**
 * The two secrets that the manifests ask for, at random. Made once and never changed: engines and Grafana read them when
 * they start, so others later would lock mex out. Who made them by hand, as the manifests' README says, keeps them.
 */
import { randomBytes } from 'node:crypto';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { nameOf, type ObjectRef } from '../kubernetes/kinds.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { type ClusterRef, kubectlFor } from '../kubernetes/kube-config.ts';
import { MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import type { StepOutcome } from './cluster-steps.ts';

const RANDOM_BYTES = 32;

interface Wanted {
  ref: ObjectRef;
  /** Makes the values; their names are what others look for. */
  values: () => Record<string, string>;
}

const [ENGINES, MONITORING] = MEX_NAMESPACES;
const SECRETS: readonly Wanted[] = [
  {
    ref: { kind: 'Secret', name: 'mex-admin-token', namespace: ENGINES },
    values: () => ({ token: random() }),
  },
  {
    ref: { kind: 'Secret', name: 'mex-grafana', namespace: MONITORING },
    values: () => ({ 'admin-user': 'admin', 'admin-password': random() }),
  },
];

export async function ensureSecrets(cluster: KubeCluster, signal: AbortSignal): Promise<StepOutcome> {
  const made: string[] = [];
  for (const { ref, values } of SECRETS) {
    const found = await cluster.get<KubeObject & { data?: Record<string, string> }>(ref, signal);
    const fresh = values();
    if (found === undefined) {
      const { name, namespace = '' } = ref;
      const data = Object.fromEntries(Object.entries(fresh).map(([key, value]) => [key, base64(value)]));
      const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data };
      await cluster.apply([manifest], signal);
      made.push(name);
      continue;
    }
    const lacking = Object.keys(fresh).filter((key) => (found.data?.[key] ?? '') === '');
    if (lacking.length > 0) throw incomplete(cluster.ref, ref, lacking);
  }
  const names = SECRETS.map(({ ref: { name } }) => name).join(', ');
  return made.length === 0 ? { changed: false, found: names } : { changed: true, found: `made ${made.join(', ')}` };
}

/** How a person reads Grafana's password, which mex never prints. */
export function passwordCommand(ref: ClusterRef): string {
  const path = "jsonpath='{.data.admin-password}'";
  return `${kubectlFor(ref)} -n ${MONITORING} get secret mex-grafana -o ${path} | base64 -d`;
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('hex');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function incomplete(cluster: ClusterRef, ref: ObjectRef, lacking: readonly string[]): MexError {
  return new MexError(`${nameOf(ref)} is there, and lacks ${lacking.join(', ')}`, {
    code: 'SECRET_INCOMPLETE',
    exit: EXIT.environment,
    suggestion: `To have it made anew: ${kubectlFor(cluster)} -n ${ref.namespace} delete secret ${ref.name}`,
  });
}
