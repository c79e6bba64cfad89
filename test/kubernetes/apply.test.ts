import { beforeEach, describe, expect, it } from 'vitest';
import { applyObjects } from '../../src/kubernetes/apply.ts';
import type { ObjectRef } from '../../src/kubernetes/kinds.ts';
import { listMade, removeMade } from '../../src/kubernetes/made-by-mex.ts';
import type { KubeObject } from '../../src/kubernetes/object-types.ts';
import { scaleWorkload } from '../../src/kubernetes/scale.ts';
import { connectEach, NAMESPACE, never } from './connect.ts';

const connection = connectEach();
const ENGINE = { kind: 'StatefulSet', name: 'engine-a', namespace: NAMESPACE } as const;
const engine = (spec: object = { replicas: 1 }): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'engine-a', namespace: NAMESPACE },
  spec,
});
const apply = async (...manifests: KubeObject[]) =>
  (await applyObjects(connection.api, manifests, never)).map(({ ref, outcome, taken }) => [ref.kind, outcome, taken]);
const MADE = { metadata: { labels: { 'app.kubernetes.io/managed-by': 'mex' } } };

describe('apply', () => {
  it('sends every field as it stands, also those that no client knows, and asks the server to be strict', async () => {
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'shards', namespace: NAMESPACE },
      spec: {
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'gateway' } } }], _continue: 'x' }],
        futureField: 7,
      },
    };
    expect(await apply(policy)).toEqual([['NetworkPolicy', 'created', []]]);
    const stored = connection.server.get({ kind: 'NetworkPolicy', name: 'shards', namespace: NAMESPACE });
    expect(stored?.spec).toEqual(policy.spec);
    const [sent] = connection.server.seen('PATCH');
    expect(sent?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(Object.fromEntries(sent?.query ?? [])).toEqual({ fieldManager: 'mex', fieldValidation: 'Strict' });
  });

  it('fails where the server does not know a field, rather than lose it', async () => {
    connection.server.unknownFields = ['futureField'];
    await expect(apply(engine({ futureField: 1 }))).rejects.toMatchObject({
      code: 'KUBERNETES_REFUSED',
      message: expect.stringContaining('.spec.futureField: field not declared in schema'),
    });
  });

  it('changes nothing the second time, and takes a field away that the manifest no longer has', async () => {
    expect(await apply(engine({ replicas: 1, paused: true }))).toEqual([['StatefulSet', 'created', []]]);
    expect(await apply(engine({ replicas: 1, paused: true }))).toEqual([['StatefulSet', 'unchanged', []]]);
    expect(await apply(engine())).toEqual([['StatefulSet', 'changed', []]]);
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 1 });
  });

  it('does not take for a change what the cluster says of it meanwhile', async () => {
    await apply(engine());
    connection.server.beforeRead = (_path, times) => {
      if (times === 0) return;
      const stored = connection.server.get(ENGINE);
      setImmediate(() => connection.server.put(ENGINE, { ...stored, status: { readyReplicas: times } }));
    };
    for (let n = 0; n < 3; n++) expect(await apply(engine())).toEqual([['StatefulSet', 'unchanged', []]]);
    expect(await apply({ ...engine(), metadata: { ...engine().metadata, labels: { shard: 'b' } } })).toEqual([
      ['StatefulSet', 'changed', []],
    ]);
  });

  it('takes back a field that somebody else has set in an object of mex, and tells from whom', async () => {
    await apply(engine());
    connection.server.setBy('kubectl-edit', ENGINE, 'replicas', 5);
    expect(await apply(engine())).toEqual([
      ['StatefulSet', 'changed', [{ field: '.spec.replicas', from: 'kubectl-edit' }]],
    ]);
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 1 });
    const forced = connection.server.seen('PATCH').map(({ query }) => query.get('force'));
    expect(forced).toEqual([null, null, 'true']);
  });

  it('leaves a field alone that others have set and the manifest does not name', async () => {
    await apply(engine());
    connection.server.setBy('autoscaler', ENGINE, 'minReadySeconds', 5);
    expect(await apply(engine())).toEqual([['StatefulSet', 'unchanged', []]]);
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 1, minReadySeconds: 5 });
  });

  it('sets the number of pods that mex itself has scaled, and calls nobody a rival', async () => {
    await apply(engine());
    await scaleWorkload(connection.api, ENGINE, 0, never);
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 0 });
    expect(await apply(engine())).toEqual([['StatefulSet', 'changed', []]]);
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 1 });
  });

  it('never touches an object that mex did not make, nor any other then', async () => {
    connection.server.put(ENGINE, { spec: { replicas: 9 } });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: NAMESPACE }, spec: {} };
    await expect(apply(service, engine())).rejects.toMatchObject({
      code: 'NOT_MADE_BY_MEX',
      exit: 5,
      message: 'StatefulSet matching-engine/engine-a is there already and was not made by mex, so mex leaves it alone',
      suggestion: expect.stringContaining(' delete -n matching-engine statefulset engine-a'),
    });
    expect(connection.server.get(ENGINE)?.spec).toEqual({ replicas: 9 });
    expect(connection.server.seen('PATCH')).toEqual([]);
  });

  it('uses a namespace that was there before, as it is', async () => {
    const ref: ObjectRef = { kind: 'Namespace', name: NAMESPACE };
    connection.server.put(ref, { metadata: { labels: { team: 'x' } } });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { mine: 'yes' } } };
    expect(await apply(namespace, engine())).toEqual([
      ['Namespace', 'left alone', []],
      ['StatefulSet', 'created', []],
    ]);
    expect(connection.server.get(ref)?.metadata.labels).toEqual({ team: 'x' });
  });

  it('brings what others need first', async () => {
    const of = (apiVersion: string, kind: string) => ({ apiVersion, kind, metadata: { name: 'x', namespace: 'n' } });
    const kinds = await apply(
      of('apps/v1', 'Deployment'),
      of('v1', 'Service'),
      of('v1', 'ConfigMap'),
      of('v1', 'Namespace'),
      of('networking.k8s.io/v1', 'NetworkPolicy'),
    );
    expect(kinds.map(([kind]) => kind)).toEqual(['Namespace', 'NetworkPolicy', 'ConfigMap', 'Service', 'Deployment']);
  });

  it.each([
    ['of an unknown kind', { apiVersion: 'v2', kind: 'Gizmo', metadata: { name: 'x' } }, 'mex cannot apply v2 Gizmo'],
    [
      'of another version',
      { apiVersion: 'apps/v1beta1', kind: 'Deployment', metadata: { name: 'x' } },
      'mex cannot apply apps/v1beta1 Deployment',
    ],
    [
      'without a namespace',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } },
      'The manifest of Service x names no namespace',
    ],
  ])('refuses a manifest %s', async (_what, manifest, message) => {
    await expect(apply(manifest)).rejects.toMatchObject({ exit: 2, message });
  });
});

describe('what mex made', () => {
  const namespace = (name: string): ObjectRef => ({ kind: 'Namespace', name });
  beforeEach(() => {
    const { server } = connection;
    server.put(namespace('matching-engine'), MADE);
    server.put(namespace('monitoring'), {});
    server.put({ kind: 'Secret', name: 'grafana', namespace: 'monitoring' }, MADE);
    server.put({ kind: 'Secret', name: 'theirs', namespace: 'monitoring' }, {});
    server.put({ kind: 'PersistentVolumeClaim', name: 'data-broker-0', namespace: 'monitoring' }, MADE);
    server.put({ kind: 'ClusterRole', name: 'prometheus' }, MADE);
    server.put({ kind: 'StorageClass', name: 'mex-gp3' }, MADE);
    server.put({ kind: 'StorageClass', name: 'gp2' }, {});
    server.put({ kind: 'ClusterRole', name: 'admin' }, {});
    server.put(ENGINE, MADE);
    server.put({ kind: 'Secret', name: 'other', namespace: 'elsewhere' }, MADE);
  });

  it('is a namespace as a whole, and single objects in one that was there before', async () => {
    expect(await listMade(connection.api, never)).toEqual([
      { kind: 'StorageClass', name: 'mex-gp3' },
      { kind: 'ClusterRole', name: 'prometheus' },
      { kind: 'Namespace', name: 'matching-engine' },
      { kind: 'Secret', name: 'grafana', namespace: 'monitoring' },
      { kind: 'PersistentVolumeClaim', name: 'data-broker-0', namespace: 'monitoring' },
    ]);
  });

  it('is removed, and nothing else', async () => {
    const told: string[] = [];
    const removed = await removeMade(connection.api, (line) => told.push(line), never);
    expect(removed).toEqual([
      'PersistentVolumeClaim monitoring/data-broker-0',
      'Secret monitoring/grafana',
      'Namespace matching-engine',
      'ClusterRole prometheus',
      'StorageClass mex-gp3',
    ]);
    expect(connection.server.get({ kind: 'StorageClass', name: 'gp2' })).toBeDefined();
    expect(told).toEqual(removed);
    expect(connection.server.get({ kind: 'Secret', name: 'theirs', namespace: 'monitoring' })).toBeDefined();
    expect(connection.server.get(namespace('monitoring'))).toBeDefined();
    expect(connection.server.get({ kind: 'Secret', name: 'other', namespace: 'elsewhere' })).toBeDefined();
    expect(await removeMade(connection.api, () => {}, never)).toEqual([]);
  });
});
