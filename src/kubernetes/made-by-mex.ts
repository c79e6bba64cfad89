/**
 * What in a cluster is mex's: objects with its label, and no others. mex changes and removes these alone; what bears the
 * same name and not the label belongs to somebody else.
 */

import { isNamespaced, KINDS_IN_ORDER, type Kind, nameOf, type ObjectRef } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { KubeObject } from './object-types.ts';
import { getObject, listObjects, removeObject } from './objects.ts';

/** The namespaces that mex uses. One that was there before is used, and stays. */
export const MEX_NAMESPACES = ['matching-engine', 'monitoring'] as const;

const LABEL = 'app.kubernetes.io/managed-by';
const MEX = 'mex';
/** Its volumes are given back, its pods end; a namespace that is stuck says why. */
const NAMESPACE_GONE_MS_MAX = 180_000;
const OBJECT_GONE_MS_MAX = 60_000;
/** Made by the cluster itself, or only read by mex. */
const NEVER_MADE: readonly Kind[] = ['Node', 'Event', 'Pod', 'ReplicaSet'];

export function isMade({ metadata }: KubeObject): boolean {
  return metadata.labels?.[LABEL] === MEX;
}

export function markedAsMade(manifest: KubeObject): KubeObject {
  const { metadata } = manifest;
  return { ...manifest, metadata: { ...metadata, labels: { ...metadata.labels, [LABEL]: MEX } } };
}

/**
 * Objects that mex made: its namespaces as a whole, and single ones in namespaces that are not its own. Before them those
 * that others may need until they are gone, as volumes their class.
 */
export async function listMade(api: KubeApi, signal: AbortSignal): Promise<ObjectRef[]> {
  const found: ObjectRef[] = [];
  for (const name of MEX_NAMESPACES) {
    const ref: ObjectRef = { kind: 'Namespace', name };
    const namespace = await getObject(api, ref, signal);
    if (namespace === undefined) continue;
    if (isMade(namespace)) found.push(ref);
    else found.push(...(await madeOf(api, KINDS_IN_ORDER.filter(isNamespaced), name, signal)));
  }
  const clusterWide = KINDS_IN_ORDER.filter((kind) => !isNamespaced(kind) && kind !== 'Namespace');
  return [...(await madeOf(api, clusterWide, undefined, signal)), ...found];
}

/** The names of what it removed, once all of it is gone. @throws MexError `STILL_THERE` with what holds it. */
export async function removeMade(api: KubeApi, report: (line: string) => void, signal: AbortSignal): Promise<string[]> {
  const made = (await listMade(api, signal)).toReversed();
  for (const ref of made) {
    report(nameOf(ref));
    const goneMsMax = ref.kind === 'Namespace' ? NAMESPACE_GONE_MS_MAX : OBJECT_GONE_MS_MAX;
    await removeObject(api, ref, { goneMsMax }, signal);
  }
  return made.map(nameOf);
}

async function madeOf(
  api: KubeApi,
  kinds: readonly Kind[],
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<ObjectRef[]> {
  const found: ObjectRef[] = [];
  const query = { labels: { [LABEL]: MEX }, ...(namespace !== undefined && { namespace }) };
  for (const kind of kinds.filter((one) => !NEVER_MADE.includes(one))) {
    const objects = await listObjects(api, kind, query, signal);
    found.push(...objects.map(({ metadata: { name } }) => ({ kind, name, namespace })));
  }
  return found;
}
