/** The broker of a cluster is taken away, by what the cluster allows, and comes back whatever happens to mex. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeCluster } from '../../../src/kubernetes/kube-cluster.ts';
import { beginClusterFault, undoLeftFault } from '../../../src/targets/kubernetes/broker-fault.ts';
import { BROKER } from '../../../src/targets/kubernetes/scale-broker.ts';
import { refused } from '../../fixtures/kube/api-server.ts';
import { connectEach, never } from '../../kubernetes/connect.ts';
import { podRef } from '../../kubernetes/pods.ts';
import { skipped } from '../../skipped.ts';
import { brokerOf, KEPT, putBroker, runHere } from './fake-broker.ts';
import { noProc, Stoppable } from './stoppable.ts';

const connection = connectEach();
const here = { replicas: 1, kept: undefined, pod: true };
const away = { replicas: 0, kept: '1', pod: false };
let cluster: KubeCluster;
beforeEach(async () => {
  cluster = await KubeCluster.open(connection.api.ref);
  putBroker(connection.server);
});
afterEach(() => cluster.close());
const begin = (kind: 'refused' | 'black hole', signal = never) => beginClusterFault(kind, { cluster }, signal);

describe('a broker that refuses', () => {
  it('is scaled to nothing and gone when the fault has begun, and ready again when it has ended', async () => {
    const fault = await begin('refused');
    expect(fault.means).toBe('the broker scaled to 0');
    expect(brokerOf(connection.server)).toEqual(away);
    await fault.end();
    expect(brokerOf(connection.server)).toEqual(here);
  });

  it('is ended in seconds, and only once the cluster has begun to', async () => {
    await (await begin('refused')).end();
    const ends = connection.server.seen('DELETE').map(({ body }) => JSON.parse(body).gracePeriodSeconds);
    expect(ends).toEqual([2]);
  });

  it('is told of, and left as it is, where that is forbidden', async () => {
    connection.server.beforeRead = () => {};
    connection.server.fail(() => false, refused(403, 'Forbidden', 'cannot patch resource "statefulsets"'));
    await expect(begin('refused')).rejects.toMatchObject({
      exit: 5,
      message: expect.stringContaining('403 Forbidden'),
    });
    expect(brokerOf(connection.server)).toEqual(here);
  });

  it.each([
    ['there is none', () => connection.server.drop(BROKER), /there is no StatefulSet of it/],
    ['it is scaled to 0 by somebody else', () => putBroker(connection.server, 0), /scaled to 0 already/],
  ])('cannot be taken away where %s', async (_where, change, message) => {
    change();
    await expect(begin('refused')).rejects.toMatchObject({ code: 'FAULT', exit: 5, message });
  });

  it('is given back when mex is interrupted before it is gone', async () => {
    const stop = new AbortController();
    connection.server.beforeRead = (path) => {
      if (path.endsWith('/pods')) stop.abort(new Error('Interrupted by SIGINT'));
    };
    await expect(begin('refused', stop.signal)).rejects.toThrow('Interrupted by SIGINT');
    expect(brokerOf(connection.server)).toEqual(here);
  });

  it('is given back to what it was by its keeper when mex is killed', async () => {
    putBroker(connection.server, 3);
    const holder = fork(join(import.meta.dirname, 'fault-holder.ts'), ['k3d-test', connection.kubeconfig], {
      execArgv: [],
    });
    await once(holder, 'message');
    expect(brokerOf(connection.server)).toEqual({ ...away, kept: '3' });
    holder.kill('SIGKILL');
    await expect
      .poll(() => brokerOf(connection.server), { timeout: 20_000 })
      .toMatchObject({ replicas: 3, kept: undefined });
  });

  it('that was left away is given back by the next mex, which says so, and only then', async () => {
    expect(await undoLeftFault(cluster, never)).toBeUndefined();
    connection.server.put(BROKER, {
      metadata: { annotations: { [KEPT]: '1' } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'mex' } } },
    });
    connection.server.drop(podRef('broker-0'));
    expect(await undoLeftFault(cluster, never)).toContain('is back');
    expect(brokerOf(connection.server)).toEqual(here);
    expect(await undoLeftFault(cluster, never)).toBeUndefined();
  });

  it('that was left away counts as what it was before, not as nothing', async () => {
    connection.server.put(BROKER, {
      metadata: { annotations: { [KEPT]: '1' } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'mex' } } },
    });
    const fault = await begin('refused');
    expect(brokerOf(connection.server)).toEqual(away);
    await fault.end();
    expect(brokerOf(connection.server)).toEqual(here);
  });
});

const missing = skipped(noProc !== undefined, 'a broker that is stopped', `${noProc}`);
describe.skipIf(missing)('a broker that is a black hole', () => {
  let broker: Stoppable;
  beforeEach(async () => {
    broker = await new Stoppable().start();
    connection.server.exec = (query) => runHere(query, broker.name);
  });
  afterEach(() => broker.end());

  it('is stopped in its pod, and runs when the fault has ended', async () => {
    const fault = await begin('black hole');
    expect(fault.means).toBe('the broker stopped by SIGSTOP in its pod');
    expect(broker.state()).toBe('stands');
    expect(brokerOf(connection.server)).toEqual(here);
    await fault.end();
    expect(broker.state()).toBe('runs');
  });

  it('is no fault when it ran in the meantime', async () => {
    let seen = '';
    connection.server.exec = (query) => {
      const program = runHere(query, broker.name);
      program.stdout.on('data', (text) => (seen += text));
      return program;
    };
    const fault = await begin('black hole');
    broker.letGoOn();
    await expect.poll(() => seen, { timeout: 10_000 }).toContain('runs');
    await expect(fault.end()).rejects.toMatchObject({
      code: 'FAULT',
      message: expect.stringContaining('found running'),
    });
  });

  it('runs as soon as the connection to its pod is lost, and the fault is none', async () => {
    const fault = await begin('black hole');
    connection.server.cutSockets();
    await expect.poll(() => broker.state(), { timeout: 10_000 }).toBe('runs');
    await expect(fault.end()).rejects.toMatchObject({
      message: expect.stringContaining('went on before it was told to'),
    });
  });

  it.each([
    ['nobody may run programs in it', () => (connection.server.exec = () => undefined), /403 Forbidden/],
    ['it has no shell', () => (connection.server.exec = () => [NO_BASH, 'close']), /"bash": executable file not found/],
    [
      'its process has another name',
      () => (connection.server.exec = (query) => runHere(query, 'mex-no-such')),
      /there is no process called mex-no-such/,
    ],
  ])('is scaled away where %s, and that is said', async (_where, change, why) => {
    change();
    const fault = await begin('black hole');
    expect(fault.means).toMatch(/^the broker scaled to 0, since it cannot be stopped in its pod: /);
    expect(fault.means).toMatch(why);
    expect(brokerOf(connection.server)).toEqual(away);
    await fault.end();
    expect(brokerOf(connection.server)).toEqual(here);
  });
});

const NO_BASH = {
  stream: 3,
  text: JSON.stringify({ status: 'Failure', message: 'exec: "bash": executable file not found in $PATH' }),
} as const;
