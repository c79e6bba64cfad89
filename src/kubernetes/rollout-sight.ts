/** One look at a StatefulSet or Deployment that changes: its pods, and what stands in their way. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { eventsAbout, timesSaid } from './events.ts';
import { nameOf, type ObjectRef } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { type EventObject, isTrue, type KubeObject, type PodObject, type WorkloadObject } from './object-types.ts';
import { getObject, listObjects } from './objects.ts';
import { type Trouble, troubleOfPod, waitOfPod } from './pod-trouble.ts';
import { hashOf, isObserved, livePods, replicasOf, troubleOfWorkload } from './rollout-state.ts';

export interface WorkloadRef extends ObjectRef {
  kind: 'StatefulSet' | 'Deployment';
  namespace: string;
}

export interface Sight {
  workload: WorkloadObject;
  pods: PodObject[];
  /** Of the pods that the manifest asks for. */
  troubles: Trouble[];
  /** Pods of an earlier manifest that are in trouble. */
  outdated: string[];
  /** A sentence for each pod that is not ready. */
  waits: string[];
}

/** How often each refusal to make a pod had been said before the rollout was looked at. */
export type RefusalsBefore = ReadonlyMap<string, number>;

export async function lookAtRollout(
  api: KubeApi,
  ref: WorkloadRef,
  before: RefusalsBefore,
  signal: AbortSignal,
): Promise<Sight> {
  const workload = await getObject<WorkloadObject>(api, ref, signal);
  if (workload === undefined) {
    throw new MexError(`There is no ${nameOf(ref)}`, { code: 'NOT_DEPLOYED', exit: EXIT.environment });
  }
  const { namespace } = ref;
  const labels = workload.spec.selector.matchLabels ?? {};
  const pods = await listObjects<PodObject>(api, 'Pod', { namespace, labels }, signal);
  const sight: Sight = { workload, pods, troubles: [], outdated: [], waits: [] };
  // Until the manifest is taken in, all that is seen is of the one before.
  if (!isObserved(workload)) return sight;
  const ofPods: Trouble[] = [];
  for (const pod of pods.filter(({ status }) => !isTrue(status.conditions, 'Ready'))) {
    const events = await eventsOfPod(api, pod, namespace, signal);
    sight.waits.push(...[waitOfPod(pod, events) ?? []].flat());
    ofPods.push(...[troubleOfPod(pod, events) ?? []].flat());
  }
  const ofWorkload = troubleOfWorkload(workload);
  if (ofWorkload !== undefined) sight.troubles.push(ofWorkload);
  const complete = livePods(pods).length >= replicasOf(workload);
  if (!complete) sight.troubles.push(...(await newRefusal(api, workload, { namespace, before }, signal)));
  if (ofPods.length === 0) return sight;
  const hash = workload.status?.updateRevision ?? (await templateHash(api, workload, namespace, signal));
  const current = pods.filter((pod) => hashOf(pod) === hash).map(({ metadata: { name } }) => name);
  for (const trouble of ofPods) {
    const { pod = '', kind } = trouble;
    if (!current.includes(pod)) sight.outdated.push(pod);
    // A pod that has failed and been replaced is only remembered.
    else if (kind !== 'failed' || !complete) sight.troubles.push(trouble);
  }
  return sight;
}

export async function refusalsOf(api: KubeApi, ref: WorkloadRef, signal: AbortSignal): Promise<RefusalsBefore> {
  const workload = await getObject(api, ref, signal);
  if (workload === undefined) return new Map();
  const events = await refusals(api, workload, ref.namespace, signal);
  return new Map(events.map((event) => [event.metadata.name, timesSaid(event)]));
}

/** What a StatefulSet says when it may not make a pod: in events only, so whether it still holds must be seen. */
async function newRefusal(
  api: KubeApi,
  workload: WorkloadObject,
  { namespace, before }: { namespace: string; before: RefusalsBefore },
  signal: AbortSignal,
): Promise<Trouble[]> {
  if (workload.kind !== 'StatefulSet') return [];
  const event = (await refusals(api, workload, namespace, signal)).at(-1);
  if (event === undefined) return [];
  const old = timesSaid(event) <= (before.get(event.metadata.name) ?? 0);
  return [{ kind: 'refused', what: event.message ?? 'it gave no reason', old }];
}

async function refusals(api: KubeApi, { metadata: { uid = '' } }: KubeObject, namespace: string, signal: AbortSignal) {
  const events = await eventsAbout(api, namespace, { 'involvedObject.uid': uid }, signal);
  return events.filter(({ reason }) => reason === 'FailedCreate');
}

/** Its own, and before it has a node also those of its claims. */
async function eventsOfPod(
  api: KubeApi,
  { metadata, spec }: PodObject,
  namespace: string,
  signal: AbortSignal,
): Promise<EventObject[]> {
  const own = await eventsAbout(api, namespace, { 'involvedObject.uid': metadata.uid ?? '' }, signal);
  const ofClaims: EventObject[] = [];
  const claims = (spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  for (const claim of spec.nodeName === undefined ? claims : []) {
    const of = { 'involvedObject.kind': 'PersistentVolumeClaim', 'involvedObject.name': claim };
    ofClaims.push(...(await eventsAbout(api, namespace, of, signal)));
  }
  return [...ofClaims, ...own];
}

/** Of a Deployment: the mark of the pods of its newest template, which only its ReplicaSet knows. */
async function templateHash(api: KubeApi, workload: WorkloadObject, namespace: string, signal: AbortSignal) {
  const labels = workload.spec.selector.matchLabels ?? {};
  const sets = await listObjects<KubeObject>(api, 'ReplicaSet', { namespace, labels }, signal);
  const revisionOf = ({ metadata }: KubeObject) => metadata.annotations?.['deployment.kubernetes.io/revision'];
  const newest = sets.find((set) => revisionOf(set) === revisionOf(workload));
  return newest?.metadata.labels?.['pod-template-hash'];
}
