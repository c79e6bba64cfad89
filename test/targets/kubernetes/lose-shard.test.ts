/** A shard's pod is deleted, its volume is not, and another one is waited for. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KubeCluster } from '../../../src/kubernetes/kube-cluster.ts';
import { loseClusterShard } from '../../../src/targets/kubernetes/lose-shard.ts';
import { connectEach, NAMESPACE, never } from '../../kubernetes/connect.ts';
import { podRef, putPod } from '../../kubernetes/pods.ts';

const connection = connectEach();
const SET = { kind: 'StatefulSet', name: 'me-shard-a', namespace: NAMESPACE } as const;
const CLAIM = { kind: 'PersistentVolumeClaim', name: 'data-me-shard-a-0', namespace: NAMESPACE } as const;
let cluster: KubeCluster;
beforeEach(async () => {
  cluster = await KubeCluster.open(connection.api.ref);
  connection.server.put(SET, {
    metadata: { uid: 'uid-set', generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'mex' } } },
    status: { observedGeneration: 1, replicas: 1, availableReplicas: 1, updateRevision: 'new' },
  });
  connection.server.put(CLAIM, {});
});
afterEach(() => cluster.close());

it('is deleted with a second to end, and is back once its successor is ready', async () => {
  putPod(connection.server, 'me-shard-a-0', { ready: true });
  const { means, back } = await loseClusterShard('a', { cluster }, never);
  expect(means).toBe('pod me-shard-a-0 deleted, with 1 s to end');
  expect(connection.server.get(podRef('me-shard-a-0'))).toBeUndefined();
  const [removal, ...others] = connection.server.seen('DELETE');
  expect(JSON.parse(removal?.body ?? '{}')).toMatchObject({ gracePeriodSeconds: 1 });
  expect(others).toEqual([]);
  let looks = 0;
  connection.server.beforeRead = (path) => {
    if (path.endsWith('/pods') && ++looks === 2) putPod(connection.server, 'me-shard-a-0', { ready: true });
  };
  await back();
  expect(looks).toBe(2);
  expect(connection.server.get(CLAIM)).toBeDefined();
});

it('cannot be lost where it is not', async () => {
  await expect(loseClusterShard('a', { cluster }, never)).rejects.toMatchObject({ code: 'NOT_DEPLOYED', exit: 5 });
});
