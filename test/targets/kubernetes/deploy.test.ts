import { describe, expect, it } from 'vitest';
import type { Kind, ObjectRef } from '../../../src/kubernetes/kinds.ts';
import { cut, refused, throttled } from '../../fixtures/kube/api-server.ts';
import type { Fate } from '../../fixtures/kube/controllers.ts';
import { CONTEXT, clusterEach, NAMESPACE, never, PLATFORM } from './cluster-world.ts';

const world = clusterEach();
const ref = (kind: Kind, name: string): ObjectRef => ({ kind, name, namespace: NAMESPACE });
const POD_A = ref('Pod', 'me-shard-a-0');
const CLAIM_A = ref('PersistentVolumeClaim', 'data-me-shard-a-0');
const KINDS = ['Service', 'PodDisruptionBudget', 'StatefulSet', 'Deployment', 'Pod', 'PersistentVolumeClaim'];
/** All that is there of the system, whoever asks. */
const there = (): string[] =>
  KINDS.flatMap((kind) => world.server.all(kind).map(({ metadata: { name } }) => `${kind} ${name}`));
const uidOf = (of: ObjectRef): string | undefined => world.server.get(of)?.metadata.uid;
const written = (): string[] => [...world.server.seen('PATCH'), ...world.server.seen('DELETE')].map(({ path }) => path);
const PASSING = { everyMs: 5, graceMs: { unschedulable: 0 } };
const RUNNING_A = [
  'Service me-shards',
  'Service me-shard-a',
  'PodDisruptionBudget me-shard-a',
  'StatefulSet me-shard-a',
  'Pod me-shard-a-0',
  'PersistentVolumeClaim data-me-shard-a-0',
];

describe('deploy', () => {
  it('brings shard a up, tells where it is, and leaves what stands for long alone', async () => {
    const { deployment, changed } = await world.target().deploy('single', never);
    expect(changed).toBe(true);
    expect(deployment).toEqual({
      shape: 'single',
      shards: {
        a: {
          name: 'engine-a',
          url: `http://127.0.0.1:${world.nodePort}`,
          metricsUrl: 'http://me-shard-a.matching-engine:9091/metrics',
          pod: {
            namespace: NAMESPACE,
            name: 'me-shard-a-0',
            node: 'agent-0',
            url: 'http://me-shard-a.matching-engine:8080',
          },
        },
      },
      prometheus: {
        name: 'prometheus',
        url: `http://127.0.0.1:${world.nodePort}`,
        metricsUrl: `http://127.0.0.1:${world.nodePort}/metrics`,
        pod: { namespace: 'monitoring', name: 'prometheus', url: 'http://prometheus.monitoring:9090' },
      },
      broker: {
        name: 'broker',
        url: 'broker:9092',
        metricsUrl: '',
        pod: { namespace: NAMESPACE, name: 'broker-0', url: 'broker:9092' },
      },
      adminToken: 'a-token',
    });
    expect(there().toSorted()).toEqual(RUNNING_A.toSorted());
  });

  it('changes nothing the second time', async () => {
    const first = await world.target().deploy('multi', never);
    const before = there().map((line) => line);
    const uid = uidOf(POD_A);
    const second = await world.target().deploy('multi', never);
    expect(second).toEqual({ deployment: first.deployment, changed: false });
    expect(await world.target().current()).toEqual(first.deployment);
    expect({ there: there(), uid: uidOf(POD_A) }).toEqual({ there: before, uid });
    expect(world.server.seen('DELETE')).toEqual([]);
  });

  it('from one shard to three keeps the pod and the volume of shard a', async () => {
    await world.target().deploy('single', never);
    const before = [uidOf(POD_A), uidOf(CLAIM_A), world.server.get(ref('StatefulSet', 'me-shard-a'))];
    const { deployment, changed } = await world.target().deploy('multi', never);
    expect(changed).toBe(true);
    expect(Object.keys(deployment.shards)).toEqual(['a', 'b', 'c']);
    expect(deployment.gateway).toMatchObject({ name: 'gateway', pod: { name: 'edge-gateway' } });
    expect([uidOf(POD_A), uidOf(CLAIM_A), world.server.get(ref('StatefulSet', 'me-shard-a'))]).toEqual(before);
    expect(written().filter((path) => path.includes('/pods/'))).toEqual([]);
  });

  it('from three shards to one removes the others with all but their volumes, once their pods have ended', async () => {
    await world.target().deploy('multi', never);
    const uid = uidOf(POD_A);
    world.controllers.stepsToEnd = 40;
    const { deployment, changed } = await world.target().deploy('single', never);
    expect({ changed, shape: deployment.shape, gateway: deployment.gateway }).toEqual({
      changed: true,
      shape: 'single',
    });
    const volumes = ['b', 'c'].map((shard) => `PersistentVolumeClaim data-me-shard-${shard}-0`);
    expect(there().toSorted()).toEqual([...RUNNING_A, ...volumes].toSorted());
    expect(uidOf(POD_A)).toBe(uid);
  });

  it('is not done before each address answers', async () => {
    const asked: string[] = [];
    world.answer = (path) => (asked.push(path) <= 4 ? 503 : 200);
    await world.target().deploy('multi', never);
    expect(asked).toHaveLength(8);
    expect(new Set(asked)).toEqual(new Set(['/ready']));
  });

  it('makes the pods anew from another image, and says so of those that are not', async () => {
    await world.target().deploy('single', never);
    await world.record({ platform: { ...PLATFORM, image: 'mex:2' } });
    const old = uidOf(POD_A);
    expect(await world.target().current()).toMatchObject({ isOutdated: true });
    const { deployment, changed } = await world.target().deploy('single', never);
    expect(changed).toBe(true);
    expect(deployment.isOutdated).toBeUndefined();
    expect(uidOf(POD_A)).not.toBe(old);
  });

  it('takes back a field that somebody else has set, and counts that as a change', async () => {
    await world.target().deploy('single', never);
    world.server.setBy('kubectl', ref('StatefulSet', 'me-shard-a'), 'replicas', 2);
    expect(await world.target().deploy('single', never)).toMatchObject({ changed: true });
    expect(world.server.get(ref('StatefulSet', 'me-shard-a'))).toMatchObject({ spec: { replicas: 1 } });
  });

  it.each([
    ['throttled', () => throttled(0)],
    ['cut off', () => cut('before')],
    ['cut off in the middle', () => cut('within')],
  ])('goes on where it is %s', async (_how, fault) => {
    world.server.fail(fault(), fault());
    expect(await world.target().deploy('single', never)).toMatchObject({ changed: true });
  });
});

const FAILURES: [string, Fate, string, RegExp][] = [
  ['its image', { waiting: { reason: 'ImagePullBackOff' } }, 'IMAGE_MISSING', /mex:1: ImagePullBackOff/],
  [
    'staying up',
    { waiting: { reason: 'CrashLoopBackOff' }, exitCode: 64 },
    'CRASH_LOOP',
    /exit code 64.*\n {2}WAL_PATH is not set/,
  ],
  ['a node', { unschedulable: '0/1 nodes are available: 1 Insufficient cpu.' }, 'UNSCHEDULABLE', /Insufficient cpu/],
];

describe('a deploy that fails', () => {
  it.each(FAILURES)('for want of %s says why, and takes back all that it made', async (_what, fate, code, message) => {
    world.controllers.fates.set('me-shard-a', fate);
    world.server.log = (_request, response) => void response.end('WAL_PATH is not set\n');
    await expect(world.target({ rollout: PASSING }).deploy('single', never)).rejects.toMatchObject({
      code,
      exit: 5,
      message: expect.stringMatching(message),
    });
    expect(there()).toEqual([]);
  });

  it('on the way to three shards leaves shard a as it was', async () => {
    await world.target().deploy('single', never);
    const uid = uidOf(POD_A);
    world.controllers.fates.set('me-shard-c', { waiting: { reason: 'ErrImageNeverPull' } });
    await expect(world.target().deploy('multi', never)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    expect(there().toSorted()).toEqual(RUNNING_A.toSorted());
    expect(uidOf(POD_A)).toBe(uid);
    expect(await world.target().current()).toMatchObject({ shape: 'single', shards: { a: {} } });
  });

  it('keeps the volumes that were there before', async () => {
    await world.target().deploy('single', never);
    await world.target().undeploy();
    world.controllers.fates.set('me-shard-a', { waiting: { reason: 'ImagePullBackOff' } });
    await expect(world.target().deploy('single', never)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    expect(there()).toEqual(['PersistentVolumeClaim data-me-shard-a-0']);
  });

  it('because it is aborted takes back all that it made, and tells the reason of that', async () => {
    const stop = new AbortController();
    world.controllers.fates.set('me-shard-b', { waiting: { reason: 'ContainerCreating' } });
    world.controllers.beforeStep = () => {
      if (there().includes('Pod me-shard-b-0')) stop.abort(new Error('Interrupted by SIGINT'));
    };
    await expect(world.target().deploy('multi', stop.signal)).rejects.toThrow('Interrupted by SIGINT');
    expect(there()).toEqual([]);
  });

  it('because an address does not answer takes back all that it made', async () => {
    const stop = new AbortController();
    world.answer = () => {
      stop.abort(new Error('enough'));
      return 503;
    };
    await expect(world.target().deploy('single', stop.signal)).rejects.toThrow('enough');
    expect(there()).toEqual([]);
  });

  it('in the middle of applying takes back what it had applied', async () => {
    world.controllers.beforeStep = () => {
      if (there().includes('PodDisruptionBudget me-shard-a')) {
        world.controllers.beforeStep = () => {};
        world.server.fail(...Array.from({ length: 1 }, () => refused(403, 'Forbidden', 'quota exceeded')));
      }
    };
    await expect(world.target().deploy('multi', never)).rejects.toMatchObject({ status: 403 });
    expect(there()).toEqual([]);
  });

  it('tells what it could not take back', async () => {
    world.controllers.fates.set('me-shard-a', { waiting: { reason: 'ImagePullBackOff' } });
    world.controllers.beforeStep = () => {
      if (world.server.seen('DELETE').length === 0) return;
      world.controllers.beforeStep = () => {};
      world.server.fail(refused(403, 'Forbidden', 'not yours'));
    };
    await expect(world.target().deploy('single', never)).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringMatching(/ImagePullBackOff; and what was made is still there: .*not yours/),
      suggestion: expect.stringContaining('mex undeploy --target k8s'),
    });
  });

  it('touches nothing where a name is taken by somebody else', async () => {
    const theirs = world.server.put(ref('Service', 'me-shard-b'), { metadata: { labels: { app: 'me-shard' } } });
    await expect(world.target().deploy('multi', never)).rejects.toMatchObject({ code: 'NOT_MADE_BY_MEX', exit: 5 });
    expect(there()).toEqual(['Service me-shard-b']);
    expect(world.server.get(ref('Service', 'me-shard-b'))).toEqual(theirs);
    expect(written()).toEqual([]);
  });

  it('for want of the token makes nothing', async () => {
    world.server.drop(ref('Secret', 'mex-admin-token'));
    await expect(world.target().deploy('single', never)).rejects.toMatchObject({
      code: 'NO_PLATFORM',
      exit: 5,
      suggestion: 'Run: mex cluster up',
    });
    expect(written()).toEqual([]);
  });

  it('where there is another at work changes nothing', async () => {
    world.controllers.fates.set('me-shard-a', { waiting: { reason: 'ContainerCreating' } });
    const first = world.target().deploy('single', never);
    await expect.poll(there).toContain('Pod me-shard-a-0');
    await expect(world.target().deploy('multi', never)).rejects.toMatchObject({ code: 'TARGET_BUSY', exit: 5 });
    world.controllers.fates.clear();
    expect(await first).toMatchObject({ changed: true });
  });
});

describe('undeploy', () => {
  it('removes what was deployed, and its volumes only with purge', async () => {
    await world.target().deploy('multi', never);
    world.controllers.stepsToEnd = 40;
    expect(await world.target().undeploy()).toEqual(['gateway', 'engine-c', 'engine-b', 'engine-a']);
    const volumes = ['a', 'b', 'c'].map((shard) => `PersistentVolumeClaim data-me-shard-${shard}-0`);
    expect(there()).toEqual(volumes);
    expect(await world.target().holdsData()).toBe(true);
    expect(await world.target().current()).toBeUndefined();
    expect(await world.target().undeploy({ purge: true })).toEqual([]);
    expect(there()).toEqual([]);
    expect(await world.target().holdsData()).toBe(false);
  });

  it("leaves what is not mex's, and what stands for long", async () => {
    const labels = { app: 'me-shard', shard: 'b' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } } };
    world.server.put(ref('StatefulSet', 'me-shard-b'), { metadata: { labels, generation: 1 }, spec });
    world.server.put(ref('PersistentVolumeClaim', 'data-me-shard-b-0'), { metadata: { labels } });
    const broker = { app: 'broker', 'app.kubernetes.io/managed-by': 'mex' };
    world.server.put(ref('Service', 'broker'), { metadata: { labels: broker } });
    world.server.put(ref('PersistentVolumeClaim', 'data-broker-0'), { metadata: { labels: broker } });
    expect(await world.target().current()).toBeUndefined();
    expect(await world.target().holdsData()).toBe(false);
    expect(await world.target().undeploy({ purge: true })).toEqual([]);
    expect(written()).toEqual([]);
  });
});

describe('a cluster that is not up', () => {
  it.each([
    ['without a record', async () => world.record({}).then(() => removeRecordOf(world.folder))],
    ['without a platform', async () => world.record({ platform: undefined } as never)],
  ])('%s is told for whatever is asked', async (_how, arrange) => {
    await arrange();
    const asked: (() => Promise<unknown>)[] = [
      () => world.target().deploy('single', never),
      () => world.target().current(),
      () => world.target().undeploy(),
      () => world.target().holdsData(),
      () => world.target().countLog('a', never),
    ];
    for (const ask of asked) {
      await expect(ask()).rejects.toMatchObject({ code: 'NO_PLATFORM', exit: 5, suggestion: 'Run: mex cluster up' });
    }
    expect(world.server.requests).toEqual([]);
  });

  it('whose API does not answer is told', async () => {
    const target = world.target();
    await world.server.close();
    await expect(target.current()).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringContaining(`context "${CONTEXT}"`),
    });
  });
});

async function removeRecordOf(folder: string): Promise<void> {
  const { removeRecord } = await import('../../../src/cluster/cluster-record.ts');
  await removeRecord(folder);
}
