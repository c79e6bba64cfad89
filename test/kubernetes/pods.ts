/** Pods, workloads and events as the API tells of them. */

import type { FakeApiServer } from '../fixtures/kube/api-server.ts';
import type { Json } from '../fixtures/kube/apply-fields.ts';
import { NAMESPACE } from './connect.ts';

export const SET = { kind: 'StatefulSet', name: 'engine-a', namespace: NAMESPACE } as const;
export const DEPLOYMENT = { kind: 'Deployment', name: 'gateway', namespace: NAMESPACE } as const;
export const podRef = (name: string) => ({ kind: 'Pod', name, namespace: NAMESPACE }) as const;

const LABELS = { app: 'mex' };

/** A StatefulSet whose manifest is taken in. */
export function putSet(server: FakeApiServer, { replicas = 1, ready = 0, observed = 2, revision = 'new' } = {}): void {
  server.put(SET, {
    metadata: { uid: 'uid-set', generation: 2 },
    spec: { replicas, selector: { matchLabels: LABELS } },
    status: {
      observedGeneration: observed,
      replicas,
      readyReplicas: ready,
      availableReplicas: ready,
      updateRevision: revision,
    },
  });
}

export function putDeployment(server: FakeApiServer, status: Json): void {
  server.put(DEPLOYMENT, {
    metadata: { uid: 'uid-deployment', generation: 1, annotations: { 'deployment.kubernetes.io/revision': '2' } },
    spec: { replicas: 2, selector: { matchLabels: LABELS } },
    status: { observedGeneration: 1, ...status },
  });
  const labels = (hash: string) => ({ ...LABELS, 'pod-template-hash': hash });
  const set = (name: string, hash: string, revision: string) =>
    server.put(
      { kind: 'ReplicaSet', name, namespace: NAMESPACE },
      { metadata: { labels: labels(hash), annotations: { 'deployment.kubernetes.io/revision': revision } } },
    );
  set('gateway-1', 'old', '1');
  set('gateway-2', 'new', '2');
}

export interface PodState {
  phase?: string;
  ready?: boolean;
  /** Of which manifest it is. */
  hash?: string;
  container?: Json;
  conditions?: Json[];
  ending?: boolean;
  status?: Json;
  spec?: Json;
}

export function putPod(server: FakeApiServer, name: string, state: PodState = {}): void {
  const { phase = 'Pending', ready = false, hash = 'new', container, conditions = [], ending = false } = state;
  const ownHash = name.startsWith('gateway') ? 'pod-template-hash' : 'controller-revision-hash';
  const main = { name: 'main', image: 'mex:0.1.0', ready, restartCount: 0, ...container };
  server.put(podRef(name), {
    metadata: {
      uid: `uid-${name}`,
      labels: { ...LABELS, [ownHash]: hash },
      ...(ending && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { nodeName: 'agent-0', ...state.spec },
    status: {
      phase: ready ? 'Running' : phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }, ...conditions],
      containerStatuses: container === undefined && !ready ? [] : [main],
      ...state.status,
    },
  });
}

/** @param minute when it was said */
export function putEvent(server: FakeApiServer, about: Json, said: Json & { reason: string }, minute = 0): void {
  const name = `event-${said.reason}-${JSON.stringify(about).length}-${minute}`;
  const lastTimestamp = `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
  server.put(
    { kind: 'Event', name, namespace: NAMESPACE },
    { involvedObject: about, lastTimestamp, type: 'Warning', count: 1, ...said },
  );
}
