/**
 * What a cluster is to have: what was asked for, else what it has, else the usual. What it has is changed only while nothing
 * is under test: an experiment over two brokers, or two images, would be about neither.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import { isUnderTest } from './parts.ts';
import type { BrokerName, Observability, Place, Platform } from './platform.ts';

/** What is left out is as it was, or usual. */
export interface PlatformWish {
  broker?: BrokerName | undefined;
  observability?: Observability | undefined;
  /** Only of a cluster that somebody else keeps: mex's own is k3d. */
  place?: Place | undefined;
}

const USUAL = { broker: 'redpanda', observability: 'helm' } as const;
const WORKLOADS = ['StatefulSet', 'Deployment'] as const;

/** @param found what was seen: the image that this mex brought, the place that the nodes tell */
export function choose(
  recorded: Platform | undefined,
  { broker, observability, place }: PlatformWish,
  found: { image: string; place: Place },
): Platform {
  return {
    broker: broker ?? recorded?.broker ?? USUAL.broker,
    observability: observability ?? recorded?.observability ?? USUAL.observability,
    place: place ?? recorded?.place ?? found.place,
    image: found.image,
  };
}

export function observabilityOf(recorded: Platform | undefined, { observability }: PlatformWish): Observability {
  return observability ?? recorded?.observability ?? USUAL.observability;
}

/** Sentences, one for each that is another. */
export function changesOf(recorded: Platform, next: Platform): string[] {
  const names = ['broker', 'observability', 'place', 'image'] as const;
  return names.flatMap((name) =>
    recorded[name] === next[name] ? [] : [`its ${name} is ${recorded[name]}, not ${next[name]}`],
  );
}

/** @throws MexError `UNDER_TEST` when something is deployed that was made for another platform */
export async function requireFreeToChange(
  cluster: KubeCluster,
  changes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (changes.length === 0) return;
  const deployed = await deployedIn(cluster, signal);
  if (deployed.length === 0) return;
  throw new MexError(`The cluster has ${deployed.join(', ')} deployed, and ${changes.join('; ')}`, {
    code: 'UNDER_TEST',
    exit: EXIT.usage,
    suggestion: 'First: mex undeploy --target k8s. Then this again.',
  });
}

async function deployedIn(cluster: KubeCluster, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for (const kind of WORKLOADS) {
    const found = await cluster.list(kind, { namespace: MEX_NAMESPACES[0] }, signal);
    names.push(...found.filter((one) => isUnderTest({ ...one, kind })).map(({ metadata: { name } }) => name));
  }
  return names;
}

/** A node says who gave it: `aws:///eu-central-1a/i-0…`, an OCID on Oracle Cloud. */
export function placeOf(providerIds: readonly string[]): Place {
  if (providerIds.some((id) => id.startsWith('aws://'))) return 'aws';
  if (providerIds.some((id) => /^(oci:\/\/|ocid1\.)/.test(id))) return 'oci';
  return 'k3d';
}
