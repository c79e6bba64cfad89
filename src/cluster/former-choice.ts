/**
 * Takes away what another choice of platform has left: the other broker with its topics, monitoring of the other kind, what
 * another place has besides. What is in the cluster is looked at, not what was recorded, so that an interruption does not
 * matter. Nothing that an experiment deploys is touched, nor anything that bears a name which no choice gives.
 */
import type { Applied } from '../kubernetes/apply.ts';
import { KINDS_IN_ORDER, type Kind, nameOf, type ObjectRef } from '../kubernetes/kinds.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { isMade, MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import type { StepOutcome } from './cluster-steps.ts';
import { imagesOf } from './other-images.ts';
import { isUnderTest } from './parts.ts';
import { BROKERS, OBSERVABILITIES, PLACES, type Platform } from './platform.ts';
import { renderSystem } from './render-system.ts';

/** Its pods must end, its volumes be given back. */
const GONE_MS_MAX = 120_000;
const BROKER: ObjectRef = { kind: 'StatefulSet', name: 'broker', namespace: MEX_NAMESPACES[0] };
const BROKER_POD: ObjectRef = { ...BROKER, kind: 'Pod', name: 'broker-0' };
const BROKER_CLAIM: ObjectRef = { ...BROKER, kind: 'PersistentVolumeClaim', name: 'data-broker-0' };
const BROKER_LABEL = 'app.kubernetes.io/name';

interface Scene {
  cluster: KubeCluster;
  platform: Platform;
  /** What is wanted now. */
  objects: readonly KubeObject[];
  folder: string;
}

export async function removeFormerChoice(
  scene: Scene,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { cluster } = scene;
  const removed: string[] = [];
  const remove = async (ref: ObjectRef): Promise<void> => {
    report(nameOf(ref));
    if (await cluster.remove(ref, { goneMsMax: GONE_MS_MAX }, signal)) removed.push(nameOf(ref));
  };
  if (await hasOtherBroker(scene, signal)) {
    await remove(BROKER);
    // It goes with its StatefulSet, and holds its volume until then.
    await remove(BROKER_POD);
    await remove(BROKER_CLAIM);
  }
  for (const ref of await staleOf(scene, signal)) await remove(ref);
  if (removed.length === 0) return { changed: false, found: 'nothing' };
  return { changed: true, found: `removed ${removed.join(', ')}` };
}

/** One's topics are nothing to the other, which would not start on them. */
async function hasOtherBroker({ cluster, platform, objects }: Scene, signal: AbortSignal): Promise<boolean> {
  const claim = await cluster.get(BROKER_CLAIM, signal);
  const whose = claim?.metadata.labels?.[BROKER_LABEL];
  if (whose !== undefined && whose !== platform.broker) return true;
  const set = await cluster.get(BROKER, signal);
  if (set === undefined || !isMade(set)) return false;
  const repositories = (of: readonly KubeObject[]) => imagesOf(of).map((image) => image.replace(/:[^:/]*$/, ''));
  const wanted = repositories(
    objects.filter(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'broker'),
  );
  return !repositories([set]).every((image) => wanted.includes(image));
}

async function staleOf({ cluster, platform, objects, folder }: Scene, signal: AbortSignal): Promise<ObjectRef[]> {
  const wanted = new Set(objects.map(keyOf));
  const kinds = KINDS_IN_ORDER.filter((kind) => MAY_BE_STALE.includes(kind));
  const candidates: ObjectRef[] = [];
  for (const kind of kinds) {
    for (const object of await cluster.list(kind, { labels: MADE }, signal)) {
      const { name, namespace } = object.metadata;
      const typed = { ...object, kind };
      if (isUnderTest(typed) || wanted.has(keyOf(typed))) continue;
      candidates.push({ kind, name, ...(namespace !== undefined && { namespace }) });
    }
  }
  if (candidates.length === 0) return [];
  const known = await everyChoice(platform, folder, signal);
  return candidates.filter((ref) => known.has(keyOf({ kind: ref.kind, metadata: ref }))).toReversed();
}

const MADE = { 'app.kubernetes.io/managed-by': 'mex', 'app.kubernetes.io/part-of': 'mex' };
const MAY_BE_STALE: readonly Kind[] = [
  'StorageClass',
  'ServiceAccount',
  'NetworkPolicy',
  'ConfigMap',
  'Service',
  'PodDisruptionBudget',
  'Deployment',
];

/**
 * The names that any choice gives. A broker, a kind of monitoring and a place each bring theirs whatever the others are, so
 * that as many choices as there are of the longest list show all.
 */
async function everyChoice(platform: Platform, folder: string, signal: AbortSignal): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const [index, place] of PLACES.entries()) {
    const broker = BROKERS[index % BROKERS.length] ?? platform.broker;
    const observability = OBSERVABILITIES[index % OBSERVABILITIES.length] ?? platform.observability;
    const choice = { platform: { ...platform, broker, observability, place }, shape: 'multi' } as const;
    for (const object of await renderSystem(choice, folder, signal)) keys.add(keyOf(object));
  }
  return keys;
}

type Named = Pick<KubeObject, 'kind'> & { metadata: { name: string; namespace?: string | undefined } };

function keyOf({ kind, metadata: { name, namespace = '' } }: Named): string {
  return `${kind} ${namespace}/${name}`;
}

/** Of objects that were applied: how many were made or changed. */
export function changesIn(applied: readonly Applied[]): number {
  return applied.filter(({ outcome }) => outcome === 'created' || outcome === 'changed').length;
}
