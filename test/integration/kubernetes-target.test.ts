/** `--target k8s` through the command line: the manifests as kubectl renders them, in a cluster that is a fake. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../fixtures/kube/api-server.ts';
import { FakeControllers } from '../fixtures/kube/controllers.ts';
import { noKubectl } from '../manifests/render.ts';
import { runMex, startMex } from '../mex-process.ts';
import { skipped } from '../skipped.ts';

const skip = skipped(noKubectl !== undefined, 'the command line of target k8s', noKubectl ?? '');
const NAMESPACE = 'matching-engine';
const WORKLOADS = ['StatefulSet', 'Deployment'];

describe.skipIf(skip)('--target k8s', () => {
  let cwd: string;
  let nodePorts: Server;
  let server: FakeApiServer;
  let controllers: FakeControllers;
  /** Of Prometheus, seconds from this machine's clock. */
  let aheadS = 0;
  beforeAll(async () => {
    nodePorts = createServer(({ url = '' }, response) => {
      const scalar = [0, String(Date.now() / 1_000 + aheadS)];
      const time = { status: 'success', data: { resultType: 'scalar', result: scalar } };
      response.end(url.includes('time()') ? JSON.stringify(time) : '{}');
    });
    await new Promise<void>((resolve) => nodePorts.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    nodePorts.closeAllConnections();
    nodePorts.close();
  });
  beforeEach(async () => {
    aheadS = 0;
    cwd = mkdtempSync(join(tmpdir(), 'mex-k8s-cli-'));
    server = await FakeApiServer.start();
    controllers = new FakeControllers(server);
    const token = Buffer.from('a-token').toString('base64');
    server.put({ kind: 'Secret', name: 'mex-admin-token', namespace: NAMESPACE }, { data: { token } });
    writeRecord({});
  });
  afterEach(async () => {
    await server.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  function writeRecord(record: object): void {
    const { port } = nodePorts.address() as AddressInfo;
    const names = ['gateway', 'engine-a', 'engine-b', 'engine-c', 'prometheus', 'grafana'];
    const ports = Object.fromEntries(names.map((name) => [name, port]));
    const plan = { name: 'mex-test', agents: 0, ports };
    const platform = { broker: 'kafka', observability: 'plain', place: 'k3d', image: 'mex:1' };
    mkdirSync(join(cwd, '.mex'), { recursive: true });
    writeFileSync(join(cwd, '.mex/cluster.kubeconfig'), server.kubeconfig(['k3d-mex-test']));
    const own = { version: 1, kind: 'k3d', id: 'test', phase: 'made', plan, platform, ...record };
    writeFileSync(join(cwd, '.mex/cluster.json'), JSON.stringify(own));
  }
  const mex = (...args: string[]) => runMex([...args, '--target', 'k8s'], cwd);
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { exit, stdout, stderr } = await mex(...args, '--json');
    expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const workloads = () => WORKLOADS.flatMap((kind) => server.all(kind).map(({ metadata }) => metadata.name)).toSorted();

  it('deploys, changes and removes the system, and tells no secret', async () => {
    expect(await json('deploy', 'single')).toMatchObject({ changed: true });
    const uid = server.get({ kind: 'Pod', name: 'me-shard-a-0', namespace: NAMESPACE })?.metadata.uid;
    const deployed = await mex('deploy', 'multi');
    expect(deployed.exit).toBe(0);
    expect(deployed.stdout).toMatch(
      /^engine-b +http:\/\/127\.0\.0\.1:\d+ +matching-engine\/me-shard-b-0 +on agent-0 *$/m,
    );
    expect(deployed.stdout).toMatch(
      /^gateway +http:\/\/127\.0\.0\.1:\d+ +matching-engine\/edge-gateway +on agent-0 *$/m,
    );
    expect(deployed.stdout).toContain('Deployed: multi.');
    const again = await json('deploy', 'multi');
    expect(again).toMatchObject({ changed: false, deployment: { shape: 'multi' } });
    expect(JSON.stringify(again)).not.toContain('a-token');
    expect(workloads()).toEqual(['edge-gateway', 'me-shard-a', 'me-shard-b', 'me-shard-c']);
    expect(server.get({ kind: 'Pod', name: 'me-shard-a-0', namespace: NAMESPACE })?.metadata.uid).toBe(uid);
    expect(await json('undeploy', '--purge')).toEqual({
      stopped: ['gateway', 'engine-c', 'engine-b', 'engine-a'],
      purged: true,
    });
    expect([...workloads(), ...server.all('PersistentVolumeClaim')]).toEqual([]);
  });

  it('takes everything back when it is interrupted', async () => {
    controllers.fates.set('me-shard-b', { waiting: { reason: 'ContainerCreating' } });
    const { child, ended } = startMex(['deploy', 'multi', '--target', 'k8s'], cwd);
    const podB = { kind: 'Pod', name: 'me-shard-b-0', namespace: NAMESPACE } as const;
    await expect.poll(() => server.get(podB), { timeout: 60_000 }).toBeDefined();
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ exit: 130, stderr: expect.stringContaining('Interrupted by SIGINT') });
    expect([...workloads(), ...server.all('PersistentVolumeClaim')]).toEqual([]);
  });

  it('runs nothing where Prometheus has another time, and removes what it deployed for it', async () => {
    aheadS = 5;
    const { exit, stderr } = await mex('test', 'asr1', '--case', 'a1', '--driver', 'embedded');
    expect(stderr).toMatch(/mex: The clock of Prometheus at http:\/\/127\.0\.0\.1:\d+ is [45]\.\d s ahead of this/);
    expect(exit).toBe(5);
    expect([...workloads(), ...server.all('PersistentVolumeClaim')]).toEqual([]);
  });

  it('sends no load through a port-forward', async () => {
    writeRecord({ kind: 'context', context: 'theirs', plan: undefined });
    const { exit, stderr } = await mex('test', 'asr1', '--load-from', 'here');
    expect(stderr).toMatch(/^mex: The cluster of context "theirs" is not reached from here but by port-forwards\. /);
    expect({ exit, requests: server.requests }).toEqual({ exit: 2, requests: [] });
  });

  it('looks for the dashboard at the port of the cluster', async () => {
    const { exit, stderr } = await mex('dashboard', '--grafana');
    const { port } = nodePorts.address() as AddressInfo;
    expect(stderr).toContain(`What answers at http://127.0.0.1:${port} is no Grafana`);
    expect(exit).toBe(5);
  });
});
