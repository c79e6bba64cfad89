/**
 * Why a pod does not run, in its own words. Pure: what the API says of it in, the trouble out.
 *
 * Some troubles are what they are at once; others may pass by themselves, and count when they have lasted.
 */
import type { ContainerStatus, EventObject, PodObject } from './object-types.ts';
import { conditionOf, isTrue } from './object-types.ts';

export type TroubleKind = 'image' | 'crash' | 'config' | 'unschedulable' | 'volume' | 'refused' | 'failed';

export interface Trouble {
  kind: TroubleKind;
  /** Absent: there is no pod, since none could be made. */
  pod?: string;
  container?: string;
  /** What the cluster says of it, on one line. */
  what: string;
  /** Known before this look: it may be over. */
  old?: boolean;
}

const REASONS: Readonly<Record<string, TroubleKind>> = {
  ErrImagePull: 'image',
  ImagePullBackOff: 'image',
  ErrImageNeverPull: 'image',
  InvalidImageName: 'image',
  ImageInspectError: 'image',
  CrashLoopBackOff: 'crash',
  RunContainerError: 'config',
  CreateContainerConfigError: 'config',
  CreateContainerError: 'config',
  PreCreateHookError: 'config',
  PostStartHookError: 'config',
};
/** Events of a pod that tell of its volumes. */
const VOLUME_EVENTS = ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedBinding', 'ProvisioningFailed'];
/** How the scheduler says that it waits for a volume, or cannot bring pod and volume together. */
const VOLUME_WORDS = /persistentvolumeclaim|volume node affinity|volume binding/i;

/** Undefined: nothing is wrong, or not yet. @param events those of the pod and its claims, the newest last */
export function troubleOfPod(pod: PodObject, events: readonly EventObject[] = []): Trouble | undefined {
  const { name, deletionTimestamp } = pod.metadata;
  const { phase, reason, message } = pod.status;
  if (deletionTimestamp !== undefined || phase === 'Succeeded') return undefined;
  if (phase === 'Failed') return { kind: 'failed', pod: name, what: endOfPod(pod, reason, message) };
  return troubleOfContainers(pod) ?? troubleOfPlace(pod, events);
}

function troubleOfContainers({ metadata: { name: pod }, status }: PodObject): Trouble | undefined {
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const { reason = '', message } = container.state?.waiting ?? {};
    const kind = REASONS[reason];
    if (kind === undefined) continue;
    const common = { kind, pod, container: container.name };
    if (kind === 'image') return { ...common, what: `${container.image}: ${said(reason, message)}` };
    if (kind === 'crash')
      return { ...common, what: `${endOfContainer(container)}, ${container.restartCount} restarts` };
    return { ...common, what: said(reason, message) };
  }
  return undefined;
}

function troubleOfPlace({ metadata: { name: pod }, status }: PodObject, events: readonly EventObject[]) {
  const scheduled = conditionOf(status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const message = oneLine(scheduled.message ?? 'no node can take it');
    if (!VOLUME_WORDS.test(message)) return { kind: 'unschedulable', pod, what: message } as const;
    const ofClaim = events.findLast(isOfVolume);
    return { kind: 'volume', pod, what: ofClaim === undefined ? message : saidBy(ofClaim) } as const;
  }
  // A later event says that it has got over it.
  const last = events.at(-1);
  if (status.phase !== 'Pending' || last === undefined || !isOfVolume(last)) return undefined;
  return { kind: 'volume', pod, what: saidBy(last) } as const;
}

function isOfVolume({ reason = '' }: EventObject): boolean {
  return VOLUME_EVENTS.includes(reason);
}

/** Of a pod that runs and is not ready, or has not started yet: the last thing that was said of it. */
export function waitOfPod(pod: PodObject, events: readonly EventObject[]): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (isTrue(pod.status.conditions, 'Ready')) return undefined;
  const waiting = (pod.status.containerStatuses ?? []).flatMap(({ state }) => state?.waiting?.reason ?? []);
  const warning = events.findLast(({ type }) => type === 'Warning');
  const last = warning && saidBy(warning);
  return `pod ${pod.metadata.name}: ${[pod.status.phase, ...waiting, last].filter(Boolean).join(', ')}`;
}

/** `ended with 137 (OOMKilled)`, of the last time that it ran. */
function endOfContainer({ lastState, state }: ContainerStatus): string {
  const end = lastState?.terminated ?? state?.terminated;
  if (end === undefined) return 'it does not stay up';
  const { exitCode, reason, message } = end;
  if (reason === 'OOMKilled') return `it was killed for taking more memory than its limit (exit code ${exitCode})`;
  const more = [reason === 'Error' ? undefined : reason, message].filter(Boolean).join(': ');
  return `it ended with exit code ${exitCode}${more === '' ? '' : ` (${oneLine(more)})`}`;
}

function endOfPod({ status }: PodObject, reason: string | undefined, message: string | undefined): string {
  if (reason !== undefined) return said(reason, message);
  const ended = (status.containerStatuses ?? []).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return ended === undefined ? 'it failed' : endOfContainer(ended);
}

function saidBy({ reason = '', message }: EventObject): string {
  return said(reason, message);
}

function said(reason: string, message: string | undefined): string {
  return message === undefined || message === '' ? reason : `${reason}: ${oneLine(message)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
