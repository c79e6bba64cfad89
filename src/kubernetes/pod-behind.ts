/** Which pod is meant, now: the one of that name, or a ready one of those that a Service selects. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { nameOf, type ObjectRef } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { isTrue, type KubeObject, type PodObject } from './object-types.ts';
import { getObject, listObjects } from './objects.ts';
import type { PodPort } from './pod-tunnel.ts';

/** The port is that of the Service, where one is named. */
export type ForwardPlace = { namespace: string; port: number } & (
  | { pod: string; service?: never }
  | { service: string; pod?: never }
);

interface ServiceObject extends KubeObject {
  spec: { selector?: Record<string, string>; ports?: { port: number; targetPort?: number | string }[] };
}

/** A pod that is replaced may keep its name, never its uid. */
export type FoundPod = PodPort & { uid: string };

/** @throws MexError exit 5: there is no such Service or port, or no pod that could take a connection */
export async function findPod(api: KubeApi, place: ForwardPlace, signal: AbortSignal): Promise<FoundPod> {
  const { namespace, pod, service, port } = place;
  if (pod !== undefined) {
    const ref: ObjectRef = { kind: 'Pod', name: pod, namespace };
    const found = await getObject<PodObject>(api, ref, signal);
    if (found === undefined) throw noPod(`There is no ${nameOf(ref)}`);
    return { namespace, pod, port, uid: found.metadata.uid ?? '' };
  }
  const ref: ObjectRef = { kind: 'Service', name: service, namespace };
  const found = await getObject<ServiceObject>(api, ref, signal);
  if (found === undefined) throw noPod(`There is no ${nameOf(ref)}`);
  const { selector, ports = [] } = found.spec;
  const served = ports.find((one) => one.port === port);
  if (selector === undefined || served === undefined) throw noPod(`${nameOf(ref)} has no port ${port}`);
  const pods = await listObjects<PodObject>(api, 'Pod', { namespace, labels: selector }, signal);
  const ready = pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && isTrue(status.conditions, 'Ready'))
    .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))[0];
  if (ready === undefined) throw noPod(`No pod of ${nameOf(ref)} is ready`);
  const { targetPort = port } = served;
  const { name, uid = '' } = ready.metadata;
  return { namespace, pod: name, port: numberOf(targetPort, ready), uid };
}

/** `Service matching-engine/edge-gateway`, as a person is told. */
export function placeName({ namespace, pod, service }: ForwardPlace): string {
  return pod === undefined
    ? nameOf({ kind: 'Service', name: service, namespace })
    : nameOf({ kind: 'Pod', name: pod, namespace });
}

/** A Service may name the port of its pods. */
function numberOf(targetPort: number | string, { metadata, spec }: PodObject): number {
  if (typeof targetPort === 'number') return targetPort;
  const ports = (spec.containers ?? []).flatMap((container) => container.ports ?? []);
  const found = ports.find(({ name }) => name === targetPort);
  if (found === undefined) throw noPod(`Pod ${metadata.name} has no port "${targetPort}"`);
  return found.containerPort;
}

function noPod(message: string): MexError {
  return new MexError(message, { code: 'NO_POD', exit: EXIT.environment, suggestion: 'See: mex cluster status' });
}
