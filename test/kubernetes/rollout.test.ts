import { describe, expect, it } from 'vitest';
import { type RolloutOptions, waitForRollout } from '../../src/kubernetes/rollout.ts';
import type { WorkloadRef } from '../../src/kubernetes/rollout-sight.ts';
import { connectEach, EVERY_MS, NAMESPACE, never } from './connect.ts';
import { DEPLOYMENT, type PodState, podRef, putDeployment, putEvent, putPod, putSet, SET } from './pods.ts';

const connection = connectEach();
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const rollout = (ref: WorkloadRef = SET, options: RolloutOptions = {}) =>
  waitForRollout(connection.api, ref, { everyMs: EVERY_MS, limitMs: 10_000, ...options }, never);
/** What becomes of the pods, one step each time that mex looks at them. */
const become = (...steps: (() => void)[]): void => {
  connection.server.beforeRead = (path, times) => {
    if (path === PODS) steps[times]?.();
  };
};
const PASSING = { unschedulable: 0, volume: 0, failed: 0 };

describe('a StatefulSet', () => {
  it('is rolled out when its pods are new and ready and the old ones gone', async () => {
    const { server } = connection;
    putSet(server, { ready: 1, observed: 1, revision: 'old' });
    putPod(server, 'engine-a-0', { ready: true, hash: 'old' });
    const told: string[] = [];
    become(
      // The controller has not seen the manifest yet, and all looks well.
      () => {},
      () => putSet(server, { ready: 1 }),
      () => putPod(server, 'engine-a-0', { ready: true, hash: 'old', ending: true }),
      () => {
        server.drop(podRef('engine-a-0'));
        putSet(server, { ready: 0 });
      },
      () => putPod(server, 'engine-a-0'),
      () => putPod(server, 'engine-a-0', { ready: true }),
      () => putSet(server, { ready: 1 }),
    );
    await rollout(SET, { report: (line) => told.push(line) });
    expect([...new Set(told)]).toEqual([
      '1 of 1 pods ready',
      '0 of 1 pods ready, 1 ending',
      '0 of 1 pods ready',
      '0 of 1 pods ready; pod engine-a-0: Pending',
    ]);
    // The look that found it done was the eighth.
    expect(server.requests.filter(({ path }) => path === PODS)).toHaveLength(8);
  });

  it('of no pods is rolled out when the last has ended, and has been put away', async () => {
    const { server } = connection;
    putSet(server, { replicas: 0 });
    putPod(server, 'engine-a-0', { ready: true, ending: true });
    become(
      () => {},
      () => putPod(server, 'engine-a-0', { phase: 'Failed', ending: true }),
      () => server.drop(podRef('engine-a-0')),
    );
    await rollout();
    expect(server.get(podRef('engine-a-0'))).toBeUndefined();
  });

  it('that is not there is told', async () => {
    await expect(rollout()).rejects.toMatchObject({
      code: 'NOT_DEPLOYED',
      message: 'There is no StatefulSet matching-engine/engine-a',
    });
  });

  it('that is not ready in time is told with what its pods say last', async () => {
    putSet(connection.server);
    putPod(connection.server, 'engine-a-0', { phase: 'Running', container: { state: { running: {} } } });
    const about = { uid: 'uid-engine-a-0' };
    putEvent(connection.server, about, { reason: 'Unhealthy', message: 'Readiness probe failed: HTTP 503' }, 2);
    putEvent(connection.server, about, { reason: 'Started', type: 'Normal' }, 3);
    putEvent(connection.server, about, { reason: 'BackOff', message: 'long ago' }, 1);
    await expect(rollout(SET, { limitMs: 1 })).rejects.toMatchObject({
      code: 'ROLLOUT_TIMEOUT',
      exit: 5,
      message:
        'StatefulSet matching-engine/engine-a was not ready after 0.001 s: 0 of 1 pods ready; pod engine-a-0: Running, Unhealthy: Readiness probe failed: HTTP 503',
      suggestion: expect.stringContaining(' -n matching-engine get pods,events'),
    });
  });

  it('gets a pod of an earlier manifest that is in trouble out of the way', async () => {
    const { server } = connection;
    putSet(server);
    putPod(server, 'engine-a-0', { hash: 'old', container: { state: { waiting: { reason: 'ImagePullBackOff' } } } });
    become(
      () => {},
      () => {
        expect(server.get(podRef('engine-a-0'))).toBeUndefined();
        putPod(server, 'engine-a-0', { ready: true });
        putSet(server, { ready: 1 });
      },
    );
    await rollout();
    expect(server.seen('DELETE').map(({ path }) => path)).toEqual([`${PODS}/engine-a-0`]);
  });
});

const waiting = (reason: string, message?: string): PodState => ({
  container: { state: { waiting: { reason, ...(message !== undefined && { message }) } } },
});
const unscheduled = (message: string): PodState => ({
  spec: { nodeName: undefined, volumes: [{ name: 'wal', persistentVolumeClaim: { claimName: 'wal-engine-a-0' } }] },
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});

describe('a pod that will not run', () => {
  it.each<[PodState, string, RegExp, RegExp]>([
    [
      waiting('ErrImagePull', 'not found'),
      'IMAGE_MISSING',
      /get its image: mex:0\.1\.0: ErrImagePull: not/,
      /mex image load/,
    ],
    [waiting('ImagePullBackOff'), 'IMAGE_MISSING', /mex:0\.1\.0: ImagePullBackOff$/, /--registry/],
    [waiting('ErrImageNeverPull'), 'IMAGE_MISSING', /ErrImageNeverPull/, /mex image load/],
    [waiting('InvalidImageName'), 'IMAGE_MISSING', /InvalidImageName/, /mex image load/],
    [
      waiting('CreateContainerConfigError', 'configmap "x" not found'),
      'CONTAINER_CONFIG',
      /engine-a-0, container main, cannot be started: CreateContainerConfigError: configmap "x" not found/,
      /describe pod engine-a-0$/,
    ],
    [waiting('RunContainerError', 'exec: no'), 'CONTAINER_CONFIG', /RunContainerError: exec: no/, /describe/],
    [
      unscheduled('0/3 nodes are available: 3 Insufficient cpu.'),
      'UNSCHEDULABLE',
      /engine-a-0 fits on no node: 0\/3 nodes are available: 3 Insufficient cpu\.$/,
      /describe nodes$/,
    ],
    [
      unscheduled('0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
      'VOLUME_PENDING',
      /gets no volume: 0\/3 nodes are available/,
      /get storageclasses,persistentvolumeclaims$/,
    ],
    [unscheduled('1 node(s) had volume node affinity conflict'), 'VOLUME_PENDING', /gets no volume: 1 node/, /storage/],
    [
      {
        phase: 'Failed',
        status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on\nephemeral-storage' },
      },
      'POD_FAILED',
      /engine-a-0 failed: Evicted: The node was low on ephemeral-storage$/,
      /describe pod/,
    ],
  ])('is told at once: %j is %s', async (state, code, message, suggestion) => {
    putSet(connection.server);
    putPod(connection.server, 'engine-a-0', state);
    const error = await rollout(SET, { graceMs: PASSING }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code, exit: 5 });
    expect(error.message).toMatch(/^StatefulSet matching-engine\/engine-a: pod engine-a-0/);
    expect(error.message).toMatch(message);
    expect(error.suggestion).toMatch(suggestion);
    expect(connection.server.requests.filter(({ path }) => path === PODS)).toHaveLength(1);
  });

  it('does not count while it may still find a place', async () => {
    const { server } = connection;
    putSet(server);
    putPod(server, 'engine-a-0', unscheduled('3 Insufficient cpu'));
    become(
      () => {},
      () => {},
      () => {
        putPod(server, 'engine-a-0', { ready: true });
        putSet(server, { ready: 1 });
      },
    );
    await rollout(SET, { graceMs: { unschedulable: 60_000 } });
  });

  it('for want of a volume says what is said of its claim', async () => {
    putSet(connection.server);
    putPod(connection.server, 'engine-a-0', unscheduled('pod has unbound immediate PersistentVolumeClaims'));
    const claim = { kind: 'PersistentVolumeClaim', name: 'wal-engine-a-0' };
    putEvent(connection.server, claim, { reason: 'ProvisioningFailed', message: 'storageclass "gp3" not found' });
    await expect(rollout(SET, { graceMs: PASSING })).rejects.toMatchObject({
      code: 'VOLUME_PENDING',
      message: expect.stringContaining('gets no volume: ProvisioningFailed: storageclass "gp3" not found'),
    });
  });

  it('since its volume cannot be mounted is told, unless it has got over that', async () => {
    const { server } = connection;
    const about = { uid: 'uid-engine-a-0' };
    putSet(server);
    putPod(server, 'engine-a-0', waiting('ContainerCreating'));
    putEvent(server, about, { reason: 'FailedAttachVolume', message: 'Multi-Attach error' }, 1);
    putEvent(server, about, { reason: 'Pulling', type: 'Normal' }, 2);
    const stuck = rollout(SET, { graceMs: PASSING, limitMs: 30 });
    await expect(stuck).rejects.toMatchObject({ code: 'ROLLOUT_TIMEOUT' });
    putEvent(server, about, { reason: 'FailedMount', message: 'timed out' }, 3);
    await expect(rollout(SET, { graceMs: PASSING })).rejects.toMatchObject({
      code: 'VOLUME_PENDING',
      message: expect.stringContaining('gets no volume: FailedMount: timed out'),
    });
  });
});

describe('a crash loop', () => {
  const looping = (terminated: object): PodState => ({
    phase: 'Running',
    container: {
      restartCount: 2,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      lastState: { terminated },
    },
  });
  const logs = (texts: { previous?: string; current?: string }) => {
    connection.server.log = ({ query }, response) => {
      const text = query.get('previous') === 'true' ? texts.previous : texts.current;
      if (text === undefined) response.writeHead(400).end('{"message":"previous terminated container not found"}');
      else response.writeHead(200).end(text);
    };
  };

  it.each([
    ['the run before', { previous: 'WAL_PATH is not set\n', current: 'starting\n' }, 'WAL_PATH is not set'],
    ['this run, where no other is kept', { current: 'EACCES\n' }, 'EACCES'],
  ])('is told with the last lines of %s', async (_which, texts, line) => {
    putSet(connection.server);
    putPod(connection.server, 'engine-a-0', looping({ exitCode: 64, reason: 'Error' }));
    logs(texts);
    await expect(rollout()).rejects.toMatchObject({
      code: 'CRASH_LOOP',
      exit: 5,
      message: `StatefulSet matching-engine/engine-a: pod engine-a-0, container main, does not stay up: it ended with exit code 64, 2 restarts. Its last words:\n  ${line}\n`,
      suggestion: expect.stringMatching(/logs engine-a-0 -c main --previous$/),
    });
  });

  it('without a log is told all the same', async () => {
    putSet(connection.server);
    putPod(connection.server, 'engine-a-0', looping({ exitCode: 137, reason: 'OOMKilled' }));
    logs({});
    await expect(rollout()).rejects.toMatchObject({
      message: expect.stringMatching(
        /does not stay up: it was killed for taking more memory than its limit \(exit code 137\), 2 restarts$/,
      ),
    });
  });
});

describe('a refusal to make a pod', () => {
  const VIOLATES = 'pods "engine-a-0" is forbidden: violates PodSecurity "restricted:latest"';
  const refusal = (count: number) =>
    putEvent(connection.server, { uid: 'uid-set' }, { reason: 'FailedCreate', message: VIOLATES, count });

  it('is told at once', async () => {
    putSet(connection.server);
    become(() => refusal(1));
    await expect(rollout()).rejects.toMatchObject({
      code: 'POD_REFUSED',
      message: `StatefulSet matching-engine/engine-a: no pod could be made: ${VIOLATES}`,
      suggestion: expect.stringMatching(/quota.*get events$/),
    });
  });

  it('that was told before, and is over, does not count', async () => {
    const { server } = connection;
    putSet(server);
    refusal(7);
    become(
      () => {},
      () => {
        putPod(server, 'engine-a-0', { ready: true });
        putSet(server, { ready: 1 });
      },
    );
    await rollout();
  });

  it('that is repeated counts', async () => {
    putSet(connection.server);
    refusal(7);
    become(
      () => {},
      () => refusal(8),
    );
    await expect(rollout()).rejects.toMatchObject({ code: 'POD_REFUSED' });
  });
});

describe('a Deployment', () => {
  const DONE = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

  it('is rolled out when no pod of the template before is left', async () => {
    const { server } = connection;
    putDeployment(server, { ...DONE, replicas: 3, updatedReplicas: 2 });
    for (const name of ['gateway-x', 'gateway-y']) putPod(server, name, { ready: true });
    putPod(server, 'gateway-o', { ready: true, hash: 'old' });
    become(
      () => {},
      // One of the pods is not of the newest template yet, which they do not tell themselves.
      () => {
        putDeployment(server, { ...DONE, updatedReplicas: 1 });
        putPod(server, 'gateway-o', { ready: true, hash: 'old', ending: true });
      },
      () => server.drop(podRef('gateway-o')),
      () => putDeployment(server, DONE),
    );
    await rollout(DEPLOYMENT);
    expect(server.requests.filter(({ path }) => path === PODS)).toHaveLength(5);
  });

  it('does not mind a pod that was evicted and replaced, nor one of the template before that never ran', async () => {
    const { server } = connection;
    putDeployment(server, { ...DONE, replicas: 3 });
    putPod(server, 'gateway-e', { phase: 'Failed', status: { phase: 'Failed', reason: 'Evicted' } });
    putPod(server, 'gateway-o', { hash: 'old', ...waiting('ImagePullBackOff') });
    for (const name of ['gateway-x', 'gateway-y']) putPod(server, name, { ready: true });
    become(
      () => {},
      () => {
        putDeployment(server, DONE);
        server.drop(podRef('gateway-o'));
      },
    );
    await rollout(DEPLOYMENT, { graceMs: PASSING });
    expect(server.seen('DELETE')).toEqual([]);
  });

  it.each([
    ['POD_REFUSED', { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: cpu' }],
    ['POD_FAILED', { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' }],
  ])('that says so itself fails: %s', async (code, condition) => {
    putDeployment(connection.server, { conditions: [condition] });
    await expect(rollout(DEPLOYMENT, { graceMs: PASSING })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(condition.message),
    });
  });

  it('fails for a pod of its newest template', async () => {
    putDeployment(connection.server, {});
    putPod(connection.server, 'gateway-x', waiting('ErrImagePull'));
    await expect(rollout(DEPLOYMENT)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  });
});

it('a rollout that is not wanted any more ends', async () => {
  putSet(connection.server);
  const stop = new AbortController();
  become(() => stop.abort(new Error('Interrupted by SIGINT')));
  await expect(waitForRollout(connection.api, SET, {}, stop.signal)).rejects.toThrow('Interrupted by SIGINT');
});
