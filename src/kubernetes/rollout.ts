/**
 * Waits until a StatefulSet or Deployment is what its manifest says, and fails at once, in the pod's own words, when it
 * will not become so: its image is missing, it does not stay up (with its last log lines), its configuration is wrong, no
 * pod may be made. What may pass by itself, no room on a node or no volume, must have lasted a while.
 *
 * One thing is done beside waiting: a StatefulSet would wait for ever for a pod of an earlier manifest that is in trouble,
 * so such a pod is removed, and made anew from the manifest that holds now.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { nameOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { kubectlFor } from './kube-config.ts';
import { removeObject } from './objects.ts';
import { type Graces, Patience } from './patience.ts';
import { lastLines } from './pod-logs.ts';
import type { Trouble } from './pod-trouble.ts';
import { pollUntil } from './poll.ts';
import { lookAtRollout, refusalsOf, type Sight, type WorkloadRef } from './rollout-sight.ts';
import { isRolledOut, progressOf } from './rollout-state.ts';
import { troubleError } from './trouble-error.ts';

export type { WorkloadRef } from './rollout-sight.ts';

export interface RolloutOptions {
  limitMs?: number;
  everyMs?: number;
  /** How long a trouble must last before it counts, where it is to be another time than usual. */
  graceMs?: Graces;
  /** Told what has become of it so far. */
  report?: (line: string) => void;
}

/** Pulling an image, binding a volume and replaying a log, with room to spare. */
const ROLLOUT_MS_MAX = 300_000;
/** @throws MexError exit 5 with the reason; the signal's reason when aborted. */
export async function waitForRollout(
  api: KubeApi,
  ref: WorkloadRef,
  options: RolloutOptions,
  signal: AbortSignal,
): Promise<void> {
  const { limitMs = ROLLOUT_MS_MAX, everyMs, report = () => {} } = options;
  const patience = new Patience(options.graceMs);
  const before = await refusalsOf(api, ref, signal);
  let sight: Sight | undefined;
  const look = async (): Promise<true | undefined> => {
    sight = await lookAtRollout(api, ref, before, signal);
    report([progressOf(sight.workload, sight.pods), ...sight.waits].join('; '));
    if (isRolledOut(sight.workload, sight.pods)) return true;
    const trouble = patience.exhausted(sight.troubles);
    if (trouble !== undefined) throw await told(api, ref, trouble, signal);
    if (ref.kind === 'StatefulSet') await removeOutdated(api, ref, sight.outdated, signal);
    return undefined;
  };
  const poll = { limitMs, signal, ...(everyMs !== undefined && { everyMs }) };
  if ((await pollUntil(look, poll)) === undefined && sight !== undefined) throw notInTime(api, ref, sight, limitMs);
}

async function removeOutdated(
  api: KubeApi,
  { namespace }: WorkloadRef,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) await removeObject(api, { kind: 'Pod', name, namespace }, {}, signal);
}

async function told(api: KubeApi, ref: WorkloadRef, trouble: Trouble, signal: AbortSignal): Promise<MexError> {
  const { namespace } = ref;
  const { kind, pod, container } = trouble;
  const crashed = kind === 'crash' && pod !== undefined && container !== undefined;
  const lines = crashed ? await lastLines(api, { namespace, pod, container }, signal) : [];
  return troubleError(api.ref, { what: nameOf(ref), namespace }, trouble, lines);
}

function notInTime(api: KubeApi, ref: WorkloadRef, { workload, pods, waits }: Sight, limitMs: number): MexError {
  const state = [progressOf(workload, pods), ...waits].join('; ');
  return new MexError(`${nameOf(ref)} was not ready after ${limitMs / 1_000} s: ${state}`, {
    code: 'ROLLOUT_TIMEOUT',
    exit: EXIT.environment,
    suggestion: `See: ${kubectlFor(api.ref)} -n ${ref.namespace} get pods,events`,
  });
}
