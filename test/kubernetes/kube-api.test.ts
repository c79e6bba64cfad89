import { describe, expect, it } from 'vitest';
import { KubeApi } from '../../src/kubernetes/kube-api.ts';
import { listNodes, waitForNodes } from '../../src/kubernetes/nodes.ts';
import { getObject, listObjects, removeObject } from '../../src/kubernetes/objects.ts';
import { cut, refused, throttled } from '../fixtures/kube/api-server.ts';
import { connectEach, EVERY_MS, NAMESPACE, never } from './connect.ts';

const connection = connectEach();
const POD = { kind: 'Pod', name: 'engine-a-0', namespace: NAMESPACE } as const;
const readPod = (signal = never) => getObject(connection.api, POD, signal);

describe('a request', () => {
  it('says who asks, and makes no new connection for each', async () => {
    connection.server.put(POD, {});
    for (let n = 0; n < 20; n++) await readPod();
    expect(connection.server.requests[19]?.headers.authorization).toBe('Bearer secret-token');
    // A second one, where the first is not known to be free again.
    expect(connection.server.connections).toBeLessThanOrEqual(2);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await readPod()).toBeUndefined();
  });

  it.each([
    ['throttled', throttled(0)],
    ['cut before the answer', cut('before')],
    ['cut within the answer', cut('within')],
    ['told that a server is not there for a moment', refused(503, 'ServiceUnavailable', 'etcd leader changed')],
  ])('that is %s is tried again', async (_what, fault) => {
    connection.server.put(POD, {});
    connection.server.fail(fault);
    expect(await readPod()).toMatchObject({ metadata: { name: 'engine-a-0' } });
    expect(connection.server.requests).toHaveLength(2);
  });

  it('waits as long as the server asks for, and no longer than is sensible', async () => {
    connection.server.fail(throttled(3_600));
    await expect(readPod()).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED', status: 429, exit: 5 });
    expect(connection.server.requests).toHaveLength(1);
  });

  it('that is throttled for ever is given up', async () => {
    connection.server.fail(...Array(9).fill(throttled(0)));
    await expect(readPod()).rejects.toMatchObject({
      message: expect.stringContaining('refused to read Pod matching-engine/engine-a-0 (429 TooManyRequests)'),
      suggestion: expect.stringContaining('overloaded'),
    });
    expect(connection.server.requests).toHaveLength(5);
  });

  it('that is refused says by whom, why and what to do, and is not repeated', async () => {
    connection.server.fail(refused(403, 'Forbidden', 'pods is forbidden: User "me" cannot get resource "pods"'));
    await expect(readPod()).rejects.toMatchObject({
      code: 'KUBERNETES_REFUSED',
      exit: 5,
      message:
        'Kubernetes refused to read Pod matching-engine/engine-a-0 (403 Forbidden): pods is forbidden: User "me" cannot get resource "pods"',
      suggestion: expect.stringContaining('--context'),
    });
    expect(connection.server.requests).toHaveLength(1);
  });

  it('asks for credentials anew when those it has are not valid any more, once', async () => {
    connection.server.put(POD, {});
    connection.server.fail(refused(401, 'Unauthorized', 'Unauthorized'));
    expect(await readPod()).toBeDefined();
    connection.server.fail(...Array(3).fill(refused(401, 'Unauthorized', 'Unauthorized')));
    await expect(readPod()).rejects.toMatchObject({ status: 401 });
    expect(connection.server.requests).toHaveLength(4);
  });

  it('ends when it is not wanted any more, while it waits to be repeated too', async () => {
    const stop = new AbortController();
    connection.server.fail((request, response) => {
      stop.abort(new Error('Interrupted by SIGINT'));
      return throttled(9)(request, response);
    });
    await expect(readPod(stop.signal)).rejects.toThrow('Interrupted by SIGINT');
  });

  it('to a cluster that does not run says which, and where', async () => {
    await connection.server.close();
    const gone = await KubeApi.connect({ context: 'k3d-test', kubeconfig: connection.kubeconfig }, { backoffMs: 1 });
    await expect(listNodes(gone, never)).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      exit: 5,
      message: expect.stringMatching(/^The cluster of context "k3d-test" does not answer at http:.*ECONNREFUSED/),
    });
    await gone.close();
  });

  it('answered by something that is no API server says so', async () => {
    connection.server.fail((_request, response) => {
      response.writeHead(200).end('<html>Log in</html>');
      return true;
    });
    await expect(readPod()).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringContaining('is no JSON'),
    });
  });
});

describe('objects', () => {
  it('are found by label, in one namespace or in all', async () => {
    const labels = { app: 'engine' };
    connection.server.put(POD, { metadata: { labels } });
    connection.server.put({ ...POD, name: 'other' }, { metadata: { labels: { app: 'other' } } });
    connection.server.put({ ...POD, namespace: 'elsewhere' }, { metadata: { labels } });
    const found = async (query: object) =>
      (await listObjects(connection.api, 'Pod', query, never)).map(({ metadata }) => metadata.namespace);
    expect(await found({ namespace: NAMESPACE, labels })).toEqual([NAMESPACE]);
    expect(await found({ labels })).toEqual([NAMESPACE, 'elsewhere']);
  });

  it('are removed and waited for, and one of the same name that follows is left alone', async () => {
    const { server, api } = connection;
    server.put(POD, { metadata: { annotations: { 'test/ends-slowly': 'true' } } });
    let reads = 0;
    server.beforeRead = () => {
      if (++reads !== 4) return;
      server.drop(POD);
      server.put(POD, {});
    };
    expect(await removeObject(api, POD, { goneMsMax: 10_000, graceSeconds: 2, everyMs: EVERY_MS }, never)).toBe(true);
    expect(server.get(POD)).toBeDefined();
    const [removal, ...more] = server.seen('DELETE');
    expect(JSON.parse(removal?.body ?? '')).toMatchObject({
      gracePeriodSeconds: 2,
      preconditions: { uid: expect.stringMatching(/^uid-/) },
    });
    expect(more).toEqual([]);
  });

  it('that are not there are no problem, those that stay are', async () => {
    const { server, api } = connection;
    expect(await removeObject(api, POD, { goneMsMax: 1 }, never)).toBe(false);
    const namespace = { kind: 'Namespace', name: NAMESPACE } as const;
    const conditions = [
      { type: 'NamespaceContentRemaining', status: 'True', message: 'pods. has 1 resource instances' },
    ];
    server.put(namespace, { metadata: { annotations: { 'test/ends-slowly': 'true' } }, status: { conditions } });
    await expect(removeObject(api, namespace, { goneMsMax: 1 }, never)).rejects.toMatchObject({
      code: 'STILL_THERE',
      message: 'Namespace matching-engine is not gone after 0.001 s: pods. has 1 resource instances',
    });
  });
});

describe('nodes', () => {
  const put = (name: string, conditions: object[]) =>
    connection.server.put({ kind: 'Node', name }, { status: { conditions, nodeInfo: { kubeletVersion: 'v1.33.13' } } });
  const READY = { type: 'Ready', status: 'True' };
  const wanted = { count: 2, fresh: true, everyMs: EVERY_MS };

  it('are waited for until all are ready, also while the API does not answer yet', async () => {
    const { server, api } = connection;
    put('server-0', [READY]);
    server.fail(...Array(5).fill(refused(503, '', '')), ...Array(5).fill(cut('before')));
    server.beforeRead = (_path, times) => {
      if (times === 1) put('agent-0', [{ type: 'Ready', status: 'False', message: 'no CNI' }]);
      if (times === 2) put('agent-0', [READY]);
    };
    await expect(waitForNodes(api, wanted, never)).rejects.toMatchObject({ status: 503 });
    expect(await waitForNodes(api, wanted, never)).toMatchObject([
      { name: 'server-0', ready: true, kubeletVersion: 'v1.33.13' },
      { name: 'agent-0', ready: true },
    ]);
  });

  it('that are short of disk are told, with the way out', async () => {
    put('server-0', [READY, { type: 'DiskPressure', status: 'True' }]);
    await expect(waitForNodes(connection.api, { ...wanted, limitMs: 1 }, never)).rejects.toMatchObject({
      code: 'NODES_NOT_READY',
      exit: 5,
      message: 'The nodes are not ready after 0.001 s: 1 of 2 nodes are there; server-0: DiskPressure',
      suggestion: 'Make room on the disk: docker system df',
    });
  });
});
