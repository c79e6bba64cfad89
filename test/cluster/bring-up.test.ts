import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ownClusterSteps } from '../../src/cluster/bring-up.ts';
import type { ClusterWish } from '../../src/cluster/cluster-plan.ts';
import { clusterFiles } from '../../src/cluster/cluster-record.ts';
import { takeDown } from '../../src/cluster/take-down.ts';
import { FREE_PORTS, NAME, never, worldEach } from './fake-world.ts';

const world = worldEach();
beforeEach(() => mkdirSync(world.mexFolder));

async function up(wish: Partial<ClusterWish> = {}, signal = never): Promise<Record<string, string>> {
  const { steps, session } = await ownClusterSteps(world.mexFolder, { agents: 2, ports: FREE_PORTS, ...wish });
  const found: Record<string, string> = {};
  try {
    for (const { title, run } of steps) found[title] = (await run(() => {}, signal)).found;
  } finally {
    await session.close();
  }
  return found;
}
const down = (signal = never) => takeDown(world.mexFolder, { consent: false, report: () => {} }, signal);
const record = () => JSON.parse(readFileSync(clusterFiles(world.mexFolder).record, 'utf8'));
const containers = () => world.tools.state.containers.map(({ name, state }) => `${name} ${state}`);
const k3dCalls = () => world.tools.calls.filter((call) => call.startsWith('k3d cluster'));
const NODES = [`k3d-${NAME}-server-0 running`, `k3d-${NAME}-agent-0 running`, `k3d-${NAME}-agent-1 running`];
const everything = () => {
  const { containers: all, networks, volumes } = world.tools.state;
  return [...all, ...networks, ...volumes];
};

describe('up', () => {
  it('makes a cluster on loopback, with a kubeconfig of its own that only its owner can read', async () => {
    expect(await up({ k3sImage: 'rancher/k3s:v1.33.13-k3s1' })).toEqual({
      'docker and k3d': 'there',
      [`cluster ${NAME}`]: 'made: 1 server, 2 agents',
      kubeconfig: join(world.mexFolder, 'cluster.kubeconfig'),
      nodes: '3 of 3 ready, v1.33.13',
      'names and volumes': 'volumes of class local-path',
    });
    const files = clusterFiles(world.mexFolder);
    for (const file of [files.record, files.kubeconfig, files.k3dConfig]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(existsSync(files.temporary)).toBe(false);
    expect(existsSync(join(tmpdir(), 'k3d-config-tmp'))).toBe(false);
    expect(k3dCalls()).toEqual([`k3d cluster create --config ${files.k3dConfig} --api-port 127.0.0.1:random`]);
    expect(JSON.parse(readFileSync(files.k3dConfig, 'utf8'))).toEqual({
      apiVersion: 'k3d.io/v1alpha5',
      kind: 'Simple',
      metadata: { name: NAME },
      servers: 1,
      agents: 2,
      image: 'rancher/k3s:v1.33.13-k3s1',
      ports: [
        { port: `127.0.0.1:${FREE_PORTS.gateway}:30080`, nodeFilters: ['server:0:direct'] },
        { port: `127.0.0.1:${FREE_PORTS['engine-a']}:30081`, nodeFilters: ['server:0:direct'] },
        { port: `127.0.0.1:${FREE_PORTS['engine-b']}:30082`, nodeFilters: ['server:0:direct'] },
        { port: `127.0.0.1:${FREE_PORTS['engine-c']}:30083`, nodeFilters: ['server:0:direct'] },
        { port: `127.0.0.1:${FREE_PORTS.prometheus}:30090`, nodeFilters: ['server:0:direct'] },
        { port: `127.0.0.1:${FREE_PORTS.grafana}:30030`, nodeFilters: ['server:0:direct'] },
      ],
      options: {
        k3d: { wait: true, timeout: '300s', disableLoadbalancer: true },
        k3s: {
          extraArgs: [{ arg: '--disable=traefik', nodeFilters: ['server:*'] }],
          nodeLabels: [{ label: 'mex.load=true', nodeFilters: ['agent:1'] }],
        },
        kubeconfig: { updateDefaultKubeconfig: false, switchCurrentContext: false },
        runtime: {
          labels: [
            { label: `mex.cluster=${record().id}`, nodeFilters: ['server:*', 'agent:*'] },
            { label: `mex.folder=${world.mexFolder}`, nodeFilters: ['server:*', 'agent:*'] },
          ],
        },
      },
    });
  });

  it('changes nothing the second time', async () => {
    await up();
    const first = record();
    expect(await up({ agents: undefined, ports: {} })).toMatchObject({ [`cluster ${NAME}`]: 'runs already' });
    expect(record()).toEqual(first);
    expect(k3dCalls()).toHaveLength(1);
  });

  it('starts what was stopped', async () => {
    await up();
    world.tools.change((state) => {
      for (const one of state.containers) one.state = 'exited';
    });
    expect(await up()).toMatchObject({ [`cluster ${NAME}`]: 'started again' });
    expect(containers()).toEqual(NODES);
  });

  it.each([0, 1, 3, 5])('after an interruption at its part %i goes on', async (part) => {
    world.tools.faults = { createHangsAfter: part };
    const stop = new AbortController();
    const began = expect.poll(() => k3dCalls().length === 1 && everything().length, { timeout: 10_000 });
    const running = up({}, stop.signal);
    await Promise.all([
      began.toBe(part).then(() => {
        expect(record().phase).toBe('creating');
        stop.abort(new Error('Interrupted by SIGINT'));
      }),
      expect(running).rejects.toThrow('Interrupted by SIGINT'),
    ]);
    world.tools.faults = {};
    const made = part === 0 ? 'made' : 'made again';
    // As it is wished for now: nothing was finished.
    expect(await up({ agents: 1 })).toMatchObject({ [`cluster ${NAME}`]: `${made}: 1 server, 1 agents` });
    expect(containers()).toEqual(NODES.slice(0, 2));
    expect(record()).toMatchObject({ phase: 'made', plan: { agents: 1 } });
    await down();
    expect(everything()).toEqual([]);
  });

  it('that k3d fails to do leaves nothing, and says what k3d said first', async () => {
    world.tools.faults = { createFailsAfter: 3 };
    await expect(up()).rejects.toMatchObject({
      code: 'K3D_FAILED',
      exit: 5,
      message: 'k3d could not make the cluster: failed to pull image "rancher/k3s:nope": not found (exit code 1)',
    });
    expect(everything()).toEqual([]);
    expect(existsSync(clusterFiles(world.mexFolder).record)).toBe(false);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['k3d by hand', {}, /A k3d cluster matching-engine-exp is there already, not made by mex$/],
    ['mex in another folder', { 'mex.cluster': 'x', 'mex.folder': '/else/.mex' }, /made by the mex of \/else\/\.mex$/],
  ])('refuses a cluster of that name that was made by %s', async (_who, labels, message) => {
    const node = { 'k3d.cluster': NAME, 'k3d.role': 'server', ...labels };
    world.tools.change(({ containers }) => void containers.push({ name: 'theirs', state: 'running', labels: node }));
    const before = world.tools.state;
    await expect(up()).rejects.toMatchObject({
      code: 'NOT_MADE_BY_MEX',
      exit: 5,
      message: expect.stringMatching(message),
      suggestion: expect.stringContaining('--name NAME'),
    });
    expect(await down()).toMatchObject({ removed: [], left: expect.stringContaining('made by') });
    expect(world.tools.state).toEqual(before);
  });

  it('refuses what is left of a cluster that it did not make', async () => {
    world.tools.change(({ networks }) => void networks.push(`k3d-${NAME}`));
    await expect(up()).rejects.toMatchObject({ code: 'NOT_MADE_BY_MEX', message: /^Something of a k3d cluster/ });
    expect(await down()).toMatchObject({ removed: [] });
    expect(world.tools.state.networks).toEqual([`k3d-${NAME}`]);
  });

  it('does not repair a cluster in which something may be lost', async () => {
    await up();
    world.tools.change((state) => void state.containers.pop());
    await expect(up()).rejects.toMatchObject({ code: 'CLUSTER_BROKEN', suggestion: /mex cluster down/ });
    expect(containers()).toHaveLength(2);
  });

  it('makes it anew where all its nodes were removed by hand', async () => {
    await up();
    world.tools.change((state) => {
      state.containers = [];
    });
    expect(await up()).toMatchObject({ [`cluster ${NAME}`]: 'made again: 1 server, 2 agents' });
    expect(containers()).toEqual(NODES);
  });

  it('says what cannot be changed while it is there', async () => {
    await up();
    await expect(up({ agents: 5, ports: {} })).rejects.toMatchObject({
      code: 'OTHER_CLUSTER',
      exit: 2,
      message: 'The cluster is there already, and the number of agents is 2, not 5',
      suggestion: 'That cannot be changed while it is there: mex cluster down, then this again.',
    });
  });

  it('tells all ports that are taken, before anything is made', async () => {
    const servers = [createServer(), createServer()];
    const [first, second] = await Promise.all(
      servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, resolve));
        return Number((server.address() as { port: number }).port);
      }),
    );
    const ports = { ...FREE_PORTS, gateway: first ?? 0, grafana: second ?? 0 };
    await expect(up({ ports })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      exit: 5,
      message: `In use on 127.0.0.1: port ${first} (gateway), ${second} (grafana)`,
      suggestion: expect.stringContaining('--port gateway='),
    });
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    expect(everything()).toEqual([]);
    expect(existsSync(clusterFiles(world.mexFolder).record)).toBe(false);
  });

  it('waits for the storage class, which k3s makes a moment later', async () => {
    const ref = { kind: 'StorageClass', name: 'local-path' } as const;
    world.server.drop(ref);
    world.server.beforeRead = (path, times) => {
      if (!path.endsWith('/storageclasses') || times !== 1) return;
      world.server.put(ref, { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } });
    };
    expect(await up()).toMatchObject({ 'names and volumes': 'volumes of class local-path' });
  });
});

describe('without its tools', () => {
  it.each<[string, () => void, object]>([
    ['docker', () => vi.stubEnv('PATH', '/nowhere'), { code: 'DOCKER_MISSING', suggestion: /mex doctor --target k8s/ }],
    [
      'its daemon',
      () => {
        world.tools.faults = { daemonDown: true };
      },
      { code: 'DOCKER_DOWN', message: expect.stringContaining('Cannot connect to the Docker daemon') },
    ],
    [
      'k3d',
      () => rmSync(join(world.tools.folder, 'bin', 'k3d')),
      { code: 'K3D_MISSING', suggestion: expect.stringContaining('--context NAME') },
    ],
    [
      'room on the disk',
      () => {
        world.tools.faults = { dockerRoot: '/proc' };
      },
      { code: 'DISK_FULL', message: '0.0 GB are free below /proc, and a cluster needs 5.0 GB' },
    ],
  ])('up says that it lacks %s, and makes nothing', async (_what, lack, error) => {
    lack();
    await expect(up()).rejects.toMatchObject({ exit: 5, ...error });
    expect(everything()).toEqual([]);
  });
});

describe('down', () => {
  it('removes all that mex made, with its files, and nothing else', async () => {
    await up();
    const theirs = { name: 'k3d-other-server-0', state: 'running' as const, labels: { 'k3d.cluster': 'other' } };
    world.tools.change(({ containers: all, networks, volumes }) => {
      all.push(theirs);
      networks.push('k3d-other', `k3d-${NAME}-2`);
      volumes.push({ name: 'data', labels: {} });
    });
    expect((await down()).removed).toEqual([
      `k3d-${NAME}-agent-0`,
      `k3d-${NAME}-agent-1`,
      `k3d-${NAME}-server-0`,
      `k3d-${NAME}`,
      `k3d-${NAME}-images`,
    ]);
    expect(everything()).toEqual([theirs, 'k3d-other', `k3d-${NAME}-2`, { name: 'data', labels: {} }]);
    expect(world.tools.calls).toContain(`docker rm --force --volumes k3d-${NAME}-server-0`);
    expect(existsSync(world.mexFolder)).toBe(false);
    expect(await down()).toEqual({ removed: [] });
  });

  it('forgets a cluster in whose place there is another by now', async () => {
    await up();
    world.tools.change((state) => {
      for (const one of state.containers) one.labels['mex.cluster'] = 'another';
      for (const one of state.containers) one.labels['mex.folder'] = '/else/.mex';
    });
    expect(await down()).toMatchObject({ removed: [], left: expect.stringContaining('/else/.mex') });
    expect(containers()).toEqual(NODES);
    expect(existsSync(world.mexFolder)).toBe(false);
  });

  it('needs no k3d, and never asks it: it would write to the kubeconfig of the person', async () => {
    await up();
    const calls = world.tools.calls.filter((call) => call.startsWith('k3d')).length;
    await down();
    expect(world.tools.calls.filter((call) => call.startsWith('k3d'))).toHaveLength(calls);
  });

  it('finds its cluster where the record was lost', async () => {
    await up();
    writeFileSync(join(world.mexFolder, 'local.json'), '{}');
    const { record: path } = clusterFiles(world.mexFolder);
    writeFileSync(path, '{"version":9}');
    await expect(down()).rejects.toMatchObject({
      code: 'STATE_UNREADABLE',
      suggestion: expect.stringContaining('rm '),
    });
    rmSync(path);
    expect((await down()).removed).toHaveLength(5);
    expect(existsSync(join(world.mexFolder, 'local.json'))).toBe(true);
  });
});
