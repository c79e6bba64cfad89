/** Has the cluster the class of volumes that the manifests ask for: one by name, one that they bring, or the default one? */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { kubectlFor } from '../kubernetes/kube-config.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import type { StepOutcome } from './cluster-steps.ts';

/** @throws MexError `NO_STORAGE_CLASS` */
export async function requireStorageClass(
  cluster: KubeCluster,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<StepOutcome> {
  const named = new Set(objects.flatMap(classesOf));
  for (const name of named) {
    if (objects.some(({ kind, metadata }) => kind === 'StorageClass' && metadata.name === name)) continue;
    if ((await cluster.get({ kind: 'StorageClass', name }, signal)) === undefined) throw missing(cluster, name);
  }
  const names = named.size === 0 ? [await cluster.defaultStorageClass(signal)] : [...named];
  return { changed: false, found: `of class ${names.join(', ')}` };
}

function classesOf({ spec }: KubeObject): string[] {
  const { volumeClaimTemplates = [] } = (spec ?? {}) as {
    volumeClaimTemplates?: { spec?: { storageClassName?: string } }[];
  };
  return volumeClaimTemplates.flatMap((claim) => claim.spec?.storageClassName ?? []);
}

function missing(cluster: KubeCluster, name: string): MexError {
  return new MexError(`The cluster has no storage class ${name}, so no engine would get a volume for its log`, {
    code: 'NO_STORAGE_CLASS',
    exit: EXIT.environment,
    suggestion: `See: ${kubectlFor(cluster.ref)} get storageclasses. Another kind of cluster? --place k3d takes the default class.`,
  });
}
