/**
 * A Job to its end: all that it writes, and how it ended. A Job that fails is an answer; one whose pod cannot even start is
 * an error, told at once in the pod's own words.
 *
 * It is applied like any other object; its pod must not be restarted (`restartPolicy: Never`, `backoffLimit: 0`), because
 * lines of several attempts would be told as one.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { eventsAbout } from './events.ts';
import { nameOf, type ObjectRef } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { type Condition, conditionOf, type JobObject, type PodObject } from './object-types.ts';
import { getObject, listObjects } from './objects.ts';
import { type Graces, Patience } from './patience.ts';
import { followLines } from './pod-logs.ts';
import { type Trouble, troubleOfPod } from './pod-trouble.ts';
import { pollUntil } from './poll.ts';
import { troubleError } from './trouble-error.ts';

export interface JobRef extends ObjectRef {
  kind: 'Job';
  namespace: string;
}

export interface JobOptions {
  container: string;
  /** Each line that the container writes, while it writes it. */
  onLine: (line: string) => void;
  /** Its container runs, or has run, in this pod. */
  onStarted?: (pod: string) => void;
  /** From its pod being made to its container running. */
  startMsMax?: number;
  /** From then to the end. */
  limitMs: number;
  everyMs?: number;
  /** How long a trouble of its pod must last before it counts, where it is to be another time than usual. */
  graceMs?: Graces;
}

export interface JobOutcome {
  succeeded: boolean;
  /** Of the container; absent where it is not known, since the pod was taken away. */
  exitCode?: number;
  /** Why it failed: `BackoffLimitExceeded: Job has reached the specified backoff limit`. */
  reason?: string;
  /** What was done to its pod or container, where it did not end by itself: `Evicted: …`, killed for its memory. */
  killed?: string;
}

/** A pull, and a volume to bind. */
const START_MS_MAX = 120_000;
/** The Job is told complete some seconds after its container has ended. */
const SETTLE_MS_MAX = 30_000;

/** @throws MexError exit 5 where it does not start or end; the signal's reason when aborted. */
export async function runJob(api: KubeApi, ref: JobRef, options: JobOptions, signal: AbortSignal): Promise<JobOutcome> {
  const { onLine, startMsMax = START_MS_MAX, limitMs, container } = options;
  const poll = { signal, ...(options.everyMs !== undefined && { everyMs: options.everyMs }) };
  const started = await pollUntil(startOf(api, ref, options, signal), { ...poll, limitMs: startMsMax });
  if (started === undefined) throw late(ref, `it has not started within ${startMsMax / 1_000} s`);
  if (started.pod !== undefined) {
    options.onStarted?.(started.pod);
    const limit = AbortSignal.timeout(limitMs);
    const follow = { onLine, ...(options.everyMs !== undefined && { resumeMs: options.everyMs }) };
    const of = { namespace: ref.namespace, pod: started.pod, container };
    try {
      await followLines(api, of, follow, AbortSignal.any([signal, limit]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (limit.aborted) throw late(ref, `it has not ended within ${limitMs / 1_000} s`);
      throw thrown;
    }
  }
  const end = () => endOf(api, ref, container, signal);
  const outcome = await pollUntil(end, { ...poll, limitMs: SETTLE_MS_MAX });
  if (outcome === undefined) throw late(ref, 'its container has ended, and the Job has not');
  return outcome;
}

/** The pod whose container runs, or has run; none where the Job was over before one could. */
function startOf(api: KubeApi, ref: JobRef, { container, graceMs }: JobOptions, signal: AbortSignal) {
  const patience = new Patience(graceMs);
  return async (): Promise<{ pod?: string } | undefined> => {
    const job = await jobOf(api, ref, signal);
    const troubles: Trouble[] = [];
    for (const pod of await podsOf(api, ref, signal)) {
      const state = pod.status.containerStatuses?.find(({ name }) => name === container)?.state;
      if (state?.running !== undefined || state?.terminated !== undefined) return { pod: pod.metadata.name };
      const of = { 'involvedObject.uid': pod.metadata.uid ?? '' };
      const trouble = troubleOfPod(pod, await eventsAbout(api, ref.namespace, of, signal));
      // That a container fails is the Job's own affair, and is told as its outcome.
      if (trouble !== undefined && trouble.kind !== 'crash' && trouble.kind !== 'failed') troubles.push(trouble);
    }
    if (finished(job) !== undefined) return {};
    troubles.push(...(await refusalOf(api, ref, job, signal)));
    const trouble = patience.exhausted(troubles);
    if (trouble !== undefined) throw troubleError(api.ref, { what: nameOf(ref), namespace: ref.namespace }, trouble);
    return undefined;
  };
}

async function endOf(
  api: KubeApi,
  ref: JobRef,
  container: string,
  signal: AbortSignal,
): Promise<JobOutcome | undefined> {
  const condition = finished(await jobOf(api, ref, signal));
  if (condition === undefined) return undefined;
  const [pod] = await podsOf(api, ref, signal);
  const ended = pod?.status.containerStatuses?.find(({ name }) => name === container)?.state?.terminated;
  const code = { ...(ended !== undefined && { exitCode: ended.exitCode }), ...killedOf(pod, ended?.reason) };
  if (condition.type === 'Complete') return { succeeded: true, ...code };
  const reason = [condition.reason, condition.message].filter(Boolean).join(': ');
  return { succeeded: false, ...code, reason };
}

/** A pod that failed without a reason of its own, by a container that was not killed, ended by itself. */
function killedOf(pod: PodObject | undefined, ofContainer: string | undefined): { killed?: string } {
  if (pod === undefined || (pod.status.reason === undefined && ofContainer !== 'OOMKilled')) return {};
  const trouble = troubleOfPod(pod);
  return trouble === undefined ? {} : { killed: trouble.what };
}

function finished({ status }: JobObject): Condition | undefined {
  const ends = ['Complete', 'Failed'].map((type) => conditionOf(status?.conditions, type));
  return ends.find((condition) => condition?.status === 'True');
}

async function refusalOf(
  api: KubeApi,
  { namespace }: JobRef,
  { metadata, status }: JobObject,
  signal: AbortSignal,
): Promise<Trouble[]> {
  if ((status?.active ?? 0) > 0) return [];
  const events = await eventsAbout(api, namespace, { 'involvedObject.uid': metadata.uid ?? '' }, signal);
  const refused = events.findLast(({ reason }) => reason === 'FailedCreate');
  return refused === undefined ? [] : [{ kind: 'refused', what: refused.message ?? 'it gave no reason' }];
}

async function jobOf(api: KubeApi, ref: JobRef, signal: AbortSignal): Promise<JobObject> {
  const job = await getObject<JobObject>(api, ref, signal);
  if (job !== undefined) return job;
  throw new MexError(`There is no ${nameOf(ref)}`, { code: 'NOT_DEPLOYED', exit: EXIT.environment });
}

function podsOf(api: KubeApi, { name, namespace }: JobRef, signal: AbortSignal): Promise<PodObject[]> {
  return listObjects<PodObject>(api, 'Pod', { namespace, labels: { 'batch.kubernetes.io/job-name': name } }, signal);
}

function late(ref: JobRef, why: string): MexError {
  return new MexError(`${nameOf(ref)}: ${why}`, { code: 'JOB_TIMEOUT', exit: EXIT.environment });
}
