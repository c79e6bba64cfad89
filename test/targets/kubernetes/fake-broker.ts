/** A broker in a fake cluster: its StatefulSet, and what a cluster makes of the number of its pods. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { WorkloadObject } from '../../../src/kubernetes/object-types.ts';
import { BROKER } from '../../../src/targets/kubernetes/scale-broker.ts';
import type { FakeApiServer } from '../../fixtures/kube/api-server.ts';
import { podRef, putPod } from '../../kubernetes/pods.ts';

export const KEPT = 'mex/replicas-before-fault';

export function putBroker(server: FakeApiServer, replicas = 1): void {
  server.put(BROKER, {
    metadata: { uid: 'uid-set', generation: 1 },
    spec: { replicas, selector: { matchLabels: { app: 'mex' } } },
    status: { observedGeneration: 1, replicas, availableReplicas: replicas, updateRevision: 'new' },
  });
  putBrokerPod(server);
  server.beforeRead = (path) => {
    if (path.endsWith('/pods')) control(server);
  };
}

function putBrokerPod(server: FakeApiServer): void {
  putPod(server, 'broker-0', { ready: true, spec: { containers: [{ name: 'kafka' }] } });
}

/** What a controller does, one step a look: a pod ends before it is gone. */
function control(server: FakeApiServer): void {
  const { metadata, spec } = server.get(BROKER) as WorkloadObject;
  const wanted = spec.replicas ?? 1;
  const pod = server.get(podRef('broker-0'));
  const status = { observedGeneration: metadata.generation, replicas: wanted, availableReplicas: wanted };
  server.put(BROKER, { status: { ...status, updateRevision: 'new' } });
  if (wanted > 0 && pod === undefined) putBrokerPod(server);
  if (wanted === 0 && pod?.metadata.deletionTimestamp !== undefined) server.drop(podRef('broker-0'));
  else if (wanted === 0 && pod !== undefined) {
    server.put(podRef('broker-0'), { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
  }
}

export function brokerOf(server: FakeApiServer): {
  replicas: number | undefined;
  kept: string | undefined;
  pod: boolean;
} {
  const set = server.get(BROKER) as WorkloadObject;
  return {
    replicas: set.spec.replicas,
    kept: set.metadata.annotations?.[KEPT],
    pod: server.get(podRef('broker-0')) !== undefined,
  };
}

/** The very program that mex would run in the pod, here, upon a process of the test in place of a broker. */
export function runHere(query: URLSearchParams, processName: string, leaseS?: number): ChildProcessWithoutNullStreams {
  const [program = '', ...argv] = query.getAll('command');
  const lease = leaseS === undefined ? argv.slice(4) : [String(leaseS)];
  return spawn(program, [...argv.slice(0, 3), processName, ...lease]);
}
