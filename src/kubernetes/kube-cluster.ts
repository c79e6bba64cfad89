/**
 * All that mex does to one cluster, over one set of connections. Whoever opens it closes it, or the process will not end.
 */
import { type Applied, applyObjects } from './apply.ts';
import { type ExecOutput, type ExecRequest, execInPod } from './exec-in-pod.ts';
import { type JobOptions, type JobOutcome, type JobRef, runJob } from './job.ts';
import type { Kind, ObjectRef } from './kinds.ts';
import { KubeApi } from './kube-api.ts';
import type { ClusterRef } from './kube-config.ts';
import { removeMade } from './made-by-mex.ts';
import { parseManifests, renderKustomize } from './manifests.ts';
import {
  defaultStorageClass,
  listNodes,
  type NodeFacts,
  type NodesWanted,
  waitForNodes,
  waitForStorageClass,
} from './nodes.ts';
import type { KubeObject } from './object-types.ts';
import { getObject, type ListQuery, listObjects, type RemoveOptions, removeObject, waitForObject } from './objects.ts';
import { patchObject } from './patch.ts';
import { type ContainerRef, type FollowOptions, followLines, lastLines, wholeLog } from './pod-logs.ts';
import { type ForwardRequest, forwardPort, type PortForward } from './port-forward.ts';
import { type RolloutOptions, type WorkloadRef, waitForRollout } from './rollout.ts';
import { scaleWorkload } from './scale.ts';
import { type PodTalk, type TalkRequest, talkInPod } from './talk-in-pod.ts';
import { waitUntilAnswers } from './wait-until-answers.ts';

export class KubeCluster {
  readonly ref: ClusterRef;
  readonly #api: KubeApi;

  private constructor(api: KubeApi) {
    this.ref = api.ref;
    this.#api = api;
  }

  static async open(ref: ClusterRef): Promise<KubeCluster> {
    return new KubeCluster(await KubeApi.connect(ref));
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  /** The objects of a kustomize folder, as they are to be applied; the caller may still change them. */
  render(folder: string, signal: AbortSignal): Promise<KubeObject[]> {
    return renderKustomize(folder, signal);
  }

  async applyText(text: string, source: string, signal: AbortSignal): Promise<Applied[]> {
    return this.apply(await parseManifests(text, source), signal);
  }

  apply(manifests: readonly KubeObject[], signal: AbortSignal): Promise<Applied[]> {
    return applyObjects(this.#api, manifests, signal);
  }

  get<T extends KubeObject>(ref: ObjectRef, signal: AbortSignal): Promise<T | undefined> {
    return getObject<T>(this.#api, ref, signal);
  }

  /** Until somebody else has made it. */
  waitForObject(ref: ObjectRef, limitMs: number, signal: AbortSignal): Promise<void> {
    return waitForObject(this.#api, ref, limitMs, signal);
  }

  list<T extends KubeObject>(kind: Kind, query: ListQuery, signal: AbortSignal): Promise<T[]> {
    return listObjects<T>(this.#api, kind, query, signal);
  }

  remove(ref: ObjectRef, options: RemoveOptions, signal: AbortSignal): Promise<boolean> {
    return removeObject(this.#api, ref, options, signal);
  }

  removeMade(report: (line: string) => void, signal: AbortSignal): Promise<string[]> {
    return removeMade(this.#api, report, signal);
  }

  rollout(ref: WorkloadRef, options: RolloutOptions, signal: AbortSignal): Promise<void> {
    return waitForRollout(this.#api, ref, options, signal);
  }

  scale(ref: WorkloadRef, replicas: number, signal: AbortSignal): Promise<void> {
    return scaleWorkload(this.#api, ref, replicas, signal);
  }

  patch(ref: ObjectRef, patch: object, signal: AbortSignal): Promise<KubeObject> {
    return patchObject(this.#api, ref, patch, signal);
  }

  talkInPod(request: TalkRequest, signal: AbortSignal): Promise<PodTalk> {
    return talkInPod(this.#api, request, signal);
  }

  runInPod(request: ExecRequest, signal: AbortSignal): Promise<ExecOutput> {
    return execInPod(this.#api, request, signal);
  }

  runJob(ref: JobRef, options: JobOptions, signal: AbortSignal): Promise<JobOutcome> {
    return runJob(this.#api, ref, options, signal);
  }

  lastLines(of: ContainerRef, signal: AbortSignal): Promise<string[]> {
    return lastLines(this.#api, of, signal);
  }

  wholeLog(of: ContainerRef, which: { previous: boolean }, signal: AbortSignal): Promise<string> {
    return wholeLog(this.#api, of, which, signal);
  }

  followLines(of: ContainerRef, options: FollowOptions, signal: AbortSignal): Promise<void> {
    return followLines(this.#api, of, options, signal);
  }

  forward(request: ForwardRequest, signal: AbortSignal): Promise<PortForward> {
    return forwardPort(this.#api, request, signal);
  }

  nodes(signal: AbortSignal): Promise<NodeFacts[]> {
    return listNodes(this.#api, signal);
  }

  waitForNodes(wanted: NodesWanted, signal: AbortSignal): Promise<NodeFacts[]> {
    return waitForNodes(this.#api, wanted, signal);
  }

  waitForStorageClass(limitMs: number, signal: AbortSignal): Promise<string> {
    return waitForStorageClass(this.#api, limitMs, signal);
  }

  defaultStorageClass(signal: AbortSignal): Promise<string> {
    return defaultStorageClass(this.#api, signal);
  }

  waitUntilAnswers(url: string, signal: AbortSignal): Promise<void> {
    return waitUntilAnswers(url, {}, signal);
  }
}
