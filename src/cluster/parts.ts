/** Which part of the system an object of the manifests belongs to: what stands for long, and what an experiment deploys. Pure. */
import type { KubeObject } from '../kubernetes/object-types.ts';

/** Labels `app` of what `mex deploy` puts there and `mex undeploy` takes away. */
const UNDER_TEST = ['me-shard', 'edge-gateway'];

/** False: it belongs to the platform, as namespaces, policies, broker and monitoring do. */
export function isUnderTest({ kind, metadata }: KubeObject): boolean {
  const { app = '' } = metadata.labels ?? {};
  return UNDER_TEST.includes(app) && kind !== 'NetworkPolicy' && kind !== 'Namespace';
}
