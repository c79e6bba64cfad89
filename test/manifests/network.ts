/** May a pod open a connection to another one? NetworkPolicies, evaluated as the API documents them. */

import type { KubeObject, PeerRule, Rule } from './object-types.ts';
import { labelsMatch } from './render.ts';

export interface Peer {
  namespace: string;
  labels: Record<string, string>;
  /** Named ports of its containers. */
  ports: Record<string, number>;
}

/** Whoever is no pod of the cluster: a client behind a node port, the API server, the internet. */
export const OUTSIDE: Peer = { namespace: '', labels: {}, ports: {} };

export interface Port {
  port: number;
  protocol?: 'TCP' | 'UDP';
}

export function mayConnect(policies: readonly KubeObject[], from: Peer, to: Peer, port: Port): boolean {
  return (
    allows(policies, 'Egress', { pod: from, peer: to, to, port }) &&
    allows(policies, 'Ingress', { pod: to, peer: from, to, port })
  );
}

interface Attempt {
  pod: Peer;
  peer: Peer;
  to: Peer;
  port: Port;
}

/** A pod that no policy of a direction selects is open in it; one that some select, as far as any of these allows. */
function allows(policies: readonly KubeObject[], direction: 'Ingress' | 'Egress', attempt: Attempt): boolean {
  if (attempt.pod === OUTSIDE) return true;
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === attempt.pod.namespace &&
      spec.policyTypes.includes(direction) &&
      labelsMatch(spec.podSelector, attempt.pod.labels),
  );
  if (selecting.length === 0) return true;
  const [rules, peers] = direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const);
  return selecting
    .flatMap(({ spec }) => spec[rules] ?? [])
    .some((rule) => portMatches(rule.ports, attempt) && peerMatches(rule[peers], attempt));
}

function portMatches(ports: Rule['ports'], { to, port }: Attempt): boolean {
  if (ports === undefined) return true;
  return ports.some((rule) => {
    const number = typeof rule.port === 'string' ? to.ports[rule.port] : rule.port;
    return (number === undefined || number === port.port) && (rule.protocol ?? 'TCP') === (port.protocol ?? 'TCP');
  });
}

function peerMatches(rules: PeerRule[] | undefined, { pod, peer }: Attempt): boolean {
  if (rules === undefined) return true;
  if (peer === OUTSIDE) return false;
  return rules.some(({ podSelector, namespaceSelector }) => {
    const namespace =
      namespaceSelector === undefined
        ? peer.namespace === pod.namespace
        : labelsMatch(namespaceSelector, { 'kubernetes.io/metadata.name': peer.namespace });
    return namespace && labelsMatch(podSelector ?? {}, peer.labels);
  });
}
