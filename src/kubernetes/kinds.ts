/**
 * The kinds that mex touches, and where the API keeps them: a table in place of discovery calls, in the order in which
 * objects are applied, so that what others need is there before them. Pure.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

interface KindFacts {
  apiVersion: string;
  plural: string;
  namespaced: boolean;
}

const cluster = (apiVersion: string, plural: string): KindFacts => ({ apiVersion, plural, namespaced: false });
const namespaced = (apiVersion: string, plural: string): KindFacts => ({ apiVersion, plural, namespaced: true });

const KINDS = {
  Namespace: cluster('v1', 'namespaces'),
  StorageClass: cluster('storage.k8s.io/v1', 'storageclasses'),
  ServiceAccount: namespaced('v1', 'serviceaccounts'),
  ClusterRole: cluster('rbac.authorization.k8s.io/v1', 'clusterroles'),
  ClusterRoleBinding: cluster('rbac.authorization.k8s.io/v1', 'clusterrolebindings'),
  Role: namespaced('rbac.authorization.k8s.io/v1', 'roles'),
  RoleBinding: namespaced('rbac.authorization.k8s.io/v1', 'rolebindings'),
  NetworkPolicy: namespaced('networking.k8s.io/v1', 'networkpolicies'),
  ConfigMap: namespaced('v1', 'configmaps'),
  Secret: namespaced('v1', 'secrets'),
  PersistentVolumeClaim: namespaced('v1', 'persistentvolumeclaims'),
  Service: namespaced('v1', 'services'),
  PodDisruptionBudget: namespaced('policy/v1', 'poddisruptionbudgets'),
  StatefulSet: namespaced('apps/v1', 'statefulsets'),
  Deployment: namespaced('apps/v1', 'deployments'),
  ReplicaSet: namespaced('apps/v1', 'replicasets'),
  Job: namespaced('batch/v1', 'jobs'),
  Pod: namespaced('v1', 'pods'),
  Node: cluster('v1', 'nodes'),
  Event: namespaced('v1', 'events'),
} as const satisfies Record<string, KindFacts>;

export type Kind = keyof typeof KINDS;

/** One object. The namespace is absent for kinds that have none. */
export interface ObjectRef {
  kind: Kind;
  name: string;
  namespace?: string | undefined;
}

export const KINDS_IN_ORDER = Object.keys(KINDS) as Kind[];

/** The kind of a manifest. @throws MexError where the table has it not, or in another version. */
export function kindOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Kind {
  const found = KINDS_IN_ORDER.find((one) => one === kind);
  if (found !== undefined && KINDS[found].apiVersion === apiVersion) return found;
  throw new MexError(`mex cannot apply ${apiVersion} ${kind}`, {
    code: 'UNKNOWN_KIND',
    exit: EXIT.usage,
    suggestion: `It knows ${KINDS_IN_ORDER.map((one) => `${KINDS[one].apiVersion} ${one}`).join(', ')}.`,
  });
}

export function isNamespaced(kind: Kind): boolean {
  return KINDS[kind].namespaced;
}

/** The path of one object. */
export function pathOf({ kind, name, namespace }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

/** The path of all objects of a kind: of a namespace, or of all where none is named. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const { apiVersion, plural, namespaced } = KINDS[kind];
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${group}${within}/${plural}`;
}

/** `StatefulSet matching-engine/engine-a`, as a person is told. */
export function nameOf({ kind, name, namespace }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
