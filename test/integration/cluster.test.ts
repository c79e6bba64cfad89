/** `mex cluster` and `mex image` from outside, with fake tools and a fake API server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../src/exec/process-identity.ts';
import { FREE_PORTS, NAME, worldEach } from '../cluster/fake-world.ts';
import { type Ended, type Running, runMex, startMex } from '../mex-process.ts';

const world = worldEach();
const env = () => ({ PATH: world.tools.path, KUBECONFIG: join(world.cwd, 'theirs') });
const mex = (...args: string[]): Promise<Ended> => runMex(args, world.cwd, env());
const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { exit, stdout, stderr } = await mex(...args, '--json');
  expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: '' });
  return JSON.parse(stdout);
};
const PORTS = Object.entries(FREE_PORTS).flatMap(([name, port]) => ['--port', `${name}=${port}`]);
const UP = ['cluster', 'up', '--agents', '2', '--observability', 'plain', ...PORTS];
/** Of a cluster by context. */
const TAKE = ['cluster', 'up', '--observability', 'plain', '--image', 'mex:1', '--context'];
const VERSION: string = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version;
const ID = `sha256:1f2e3d4c5b6a${'0'.repeat(52)}`;
const IMAGE = `mex:${VERSION}-1f2e3d4c5b6a`;
beforeEach(() => world.tools.change(({ images }) => void Object.assign(images, { [`mex:${VERSION}`]: ID })));
const everything = () => {
  const { containers, networks, volumes } = world.tools.state;
  return [...containers, ...networks, ...volumes];
};
const NAMESPACE = { kind: 'Namespace', name: 'matching-engine' } as const;

describe('a cluster of its own', () => {
  it('comes up, is shown and goes, each with one JSON document; twice is as good as once', async () => {
    const kubeconfig = join(world.mexFolder, 'cluster.kubeconfig');
    expect(await json(...UP)).toMatchObject({ context: `k3d-${NAME}`, kubeconfig, changed: true });
    expect(await json('cluster', 'up')).toMatchObject({ changed: false });
    world.server.put(NAMESPACE, { status: { phase: 'Active' } });
    const image = {
      name: 'main',
      image: 'x',
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'ErrImagePull' } },
    };
    world.server.put(
      { kind: 'Pod', name: 'engine-a-0', namespace: 'matching-engine' },
      { spec: { nodeName: 'node-1' }, status: { phase: 'Pending', containerStatuses: [image] } },
    );
    const at = (port: number) => `http://127.0.0.1:${port}`;
    expect(await json('cluster', 'status')).toMatchObject({
      state: 'running',
      name: NAME,
      ports: FREE_PORTS,
      platform: { broker: 'redpanda', observability: 'plain', place: 'k3d', image: IMAGE },
      addresses: { prometheus: at(FREE_PORTS.prometheus), grafana: at(FREE_PORTS.grafana) },
      passwordCommand: expect.stringMatching(/ -n monitoring get secret mex-grafana .*admin-password.* \| base64 -d$/),
      context: `k3d-${NAME}`,
      kubeconfig,
      nodes: [0, 1, 2].map((n) => ({
        name: `node-${n}`,
        ready: true,
        problems: [],
        version: 'v1.33.13',
        forLoad: n === 2,
      })),
      namespaces: [
        { name: 'matching-engine', phase: 'Active', madeByMex: true },
        { name: 'monitoring', madeByMex: true },
      ],
      pods: expect.arrayContaining([
        ...['broker-0', 'prometheus-0', 'grafana-0'].map((name) => expect.objectContaining({ name, ready: true })),
        {
          namespace: 'matching-engine',
          name: 'engine-a-0',
          ready: false,
          phase: 'Pending',
          node: 'node-1',
          restarts: 3,
          trouble: 'x: ErrImagePull',
        },
      ]),
    });
    const { stdout } = await mex('cluster', 'status');
    expect(stdout).toContain('pod matching-engine/engine-a-0: x: ErrImagePull, on node-1, 3 restarts\n');
    expect(stdout).toContain(`\nplatform: redpanda, monitoring by manifests, place k3d, image ${IMAGE}\n`);
    const login = world.server.get({ kind: 'Secret', name: 'mex-grafana', namespace: 'monitoring' });
    const { 'admin-password': password = '' } = (login as unknown as { data: Record<string, string> }).data;
    expect(stdout).not.toContain(Buffer.from(password, 'base64').toString());
    expect(await json('cluster', 'down')).toMatchObject({ removed: expect.arrayContaining([`k3d-${NAME}`]) });
    expect(await json('cluster', 'down')).toEqual({ removed: [] });
    expect(everything()).toEqual([]);
    expect(readdirSync(world.cwd)).toEqual(['tools']);
  });

  it('that is not there is shown as such, with exit 5', async () => {
    const { exit, stdout, stderr } = await mex('cluster', 'status');
    expect({ exit, stdout, stderr }).toEqual({
      exit: 5,
      stdout: `cluster ${NAME} is not there; make it with: mex cluster up\n`,
      stderr: '',
    });
    expect(existsSync(world.mexFolder)).toBe(false);
  });

  it('outlives a deployment that is purged', async () => {
    await json(...UP);
    mkdirSync(join(world.mexFolder, 'wal'));
    await json('undeploy', '--purge');
    expect(readdirSync(world.mexFolder).sort()).toEqual(['cluster.json', 'cluster.k3d.json', 'cluster.kubeconfig']);
    expect(await json('cluster', 'up')).toMatchObject({ changed: false });
  });
});

describe('Ctrl-C', () => {
  const hang = async (): Promise<Running> => {
    world.tools.faults = { createHangsAfter: 4 };
    const running = startMex(UP, world.cwd, env());
    await expect.poll(() => everything().length, { timeout: 20_000 }).toBe(4);
    return running;
  };

  it.each([['up'], ['down']])('in the middle of up says how to go on, and %s does', async (next) => {
    const { child, ended } = await hang();
    child.kill('SIGINT');
    const { exit, stderr } = await ended;
    expect(exit).toBe(130);
    expect(stderr).toMatch(
      /^mex: Interrupted by SIGINT: the cluster is half made\. To go on: mex cluster up\. To remove it: mex cluster down\.\n$/m,
    );
    expect((await mex('cluster', 'status')).stdout).toContain('is half made');
    world.tools.faults = {};
    if (next === 'up') {
      expect(await json(...UP)).toMatchObject({ changed: true });
      expect(world.tools.state.containers).toHaveLength(3);
    } else {
      expect(await json('cluster', 'down')).toMatchObject({ removed: expect.anything() });
      expect(everything()).toEqual([]);
    }
  });

  it('of a mex that is killed instead leaves what the next one puts right', async () => {
    const { child, ended } = await hang();
    const { maker } = JSON.parse(readFileSync(join(world.mexFolder, 'cluster.json'), 'utf8'));
    child.kill('SIGKILL');
    await ended;
    // k3d goes on without mex.
    expect(await isAlive(maker)).toBe(true);
    world.tools.faults = {};
    expect(await json(...UP)).toMatchObject({ changed: true });
    expect(await isAlive(maker)).toBe(false);
    await json('cluster', 'down');
    expect(everything()).toEqual([]);
  });

  it('is not needed for a second mex, which does not come in between', async () => {
    const { child, ended } = await hang();
    const { exit, stderr } = await mex('cluster', 'down');
    expect(stderr).toMatch(/mex: Another mex is changing the cluster of .*\. Wait until it has ended/);
    expect(exit).toBe(5);
    child.kill('SIGINT');
    await ended;
  });
});

describe("somebody else's cluster", () => {
  const theirs = () => writeFileSync(join(world.cwd, 'theirs'), world.server.kubeconfig(['work', 'eks']));

  it('is taken by its context, and gives back what mex made in it, and only with consent', async () => {
    theirs();
    world.server.put({ kind: 'Namespace', name: 'monitoring' }, {});
    const before = readFileSync(join(world.cwd, 'theirs'), 'utf8');
    expect(await json(...TAKE, 'eks')).toMatchObject({ context: 'eks', kubeconfig: null });
    expect(await json(...TAKE, 'eks')).toMatchObject({ changed: false });
    expect(await json('cluster', 'up')).toMatchObject({ context: 'eks', changed: false });
    expect(await json('cluster', 'status')).toMatchObject({ state: 'other', name: 'eks', context: 'eks' });
    const refused = await mex('cluster', 'down');
    expect(refused).toMatchObject({ exit: 2, stdout: '' });
    expect(refused.stderr).toMatch(/mex: This removes what mex made from the cluster of context "eks".*--yes\n$/);
    expect(world.server.get(NAMESPACE)).toBeDefined();
    expect(await json('cluster', 'down', '--yes')).toEqual({
      removed: expect.arrayContaining(['Namespace matching-engine', 'Secret monitoring/mex-grafana']),
    });
    expect(world.server.get({ kind: 'Namespace', name: 'monitoring' })).toBeDefined();
    expect(readFileSync(join(world.cwd, 'theirs'), 'utf8')).toBe(before);
    expect(world.tools.calls.filter((call) => !call.startsWith('kubectl '))).toEqual([]);
    expect(existsSync(world.mexFolder)).toBe(false);
  });

  it('and its own are not used from one folder', async () => {
    theirs();
    await json(...TAKE, 'eks');
    expect((await mex(...UP)).stderr).toMatch(/mex works on the cluster of context "eks" from here/);
    expect((await mex(...TAKE, 'work')).stderr).toMatch(/that of context "eks"/);
    await json('cluster', 'down', '--yes');
    await json(...UP);
    expect((await mex(...TAKE, 'eks')).stderr).toMatch(/its own, matching-engine-exp/);
  });

  it.each<[string, () => void, RegExp]>([
    ['whose context is unknown', theirs, /There is no context "moon" in your kubeconfig. There are: work, eks\.\n$/],
    ['without a kubeconfig', () => {}, /Could not read context "moon" of your kubeconfig: ENOENT/],
  ])('%s is told in one line', async (_what, prepare, line) => {
    prepare();
    const { exit, stderr } = await mex(...TAKE, 'moon');
    expect(stderr).toMatch(line);
    expect(exit).toBe(5);
    expect(existsSync(world.mexFolder)).toBe(false);
  });

  it('without a default storage class is not used', async () => {
    theirs();
    world.server.put({ kind: 'StorageClass', name: 'local-path' }, { metadata: {} });
    world.server.drop({ kind: 'StorageClass', name: 'local-path' });
    world.server.put({ kind: 'StorageClass', name: 'gp2' }, {});
    const { exit, stderr } = await mex(...TAKE, 'eks');
    expect(stderr).toMatch(/mex: The cluster has no default storage class.*it has gp2.*annotate storageclass gp2 /);
    expect(exit).toBe(5);
  });
});

describe('wrong use', () => {
  it.each<[string[], RegExp]>([
    [['cluster', 'up', '--context', 'x', '--agents', '1'], /^mex: .*--agents/],
    [['cluster', 'up', '--context', 'x', '--port', 'grafana=1'], /^mex: .*--port/],
    [['cluster', 'up', '--agents', '-1'], /^mex: .*-1/],
    [['cluster', 'up', '--port', '8080'], /^mex: --port 8080: expected NAME=PORT/],
    [['cluster', 'up', '--name', '-x'], /^mex: .*--name/],
    [['cluster', 'up', '--broker', 'nats'], /^mex: .*redpanda, kafka/],
    [['cluster', 'up', '--registry', 'ghcr.io/me/mex'], /^mex: .*--context/],
    [['cluster', 'up', '--place', 'aws'], /^mex: .*--context/],
    [['cluster', 'up', '--context', 'x'], /^mex: The nodes of that cluster must pull the image of mex.*--registry/],
    [
      ['cluster', 'up', '--context', 'x', '--image', 'mex:latest'],
      /^mex: --image mex:latest: expected a name with a tag/,
    ],
    [['cluster', 'up', '--context', 'x', '--image', 'a:1', '--registry', 'a/b'], /^mex: .*--(image|registry)/],
    [['image', 'push'], /^mex: .*registry/],
    [['image', 'push', '--registry', 'mex:1'], /^mex: --registry mex:1: expected HOST\/REPOSITORY/],
  ])('%j ends with 2 and one line', async (args, line) => {
    const { exit, stderr, stdout } = await mex(...args);
    expect(stderr).toMatch(line);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(existsSync(world.mexFolder)).toBe(false);
  });
});

describe('an image', () => {
  it('is pushed under the name that it has after its content', async () => {
    const id = `sha256:1f2e3d4c5b6a${'0'.repeat(52)}`;
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    world.tools.change(({ images }) => void Object.assign(images, { [`mex:${version}`]: id }));
    expect(await json('image', 'push', '--registry', 'ghcr.io/me/mex')).toEqual({
      image: `ghcr.io/me/mex:${version}-1f2e3d4c5b6a`,
      pinned: 'ghcr.io/me/mex@sha256:1234',
      id,
    });
  });

  it('is loaded into a cluster that is there', async () => {
    expect(await mex('image', 'load')).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining('There is no cluster that runs (absent). Run: mex cluster up'),
    });
  });
});

describe('what is loaded at start', () => {
  it.each([['--help'], ['cluster --help'], ['cluster up --help'], ['serve engine --help'], ['doctor']])(
    'of mex %s has nothing of Kubernetes',
    async (line) => {
      const loaded = join(world.cwd, 'loaded');
      const NODE_OPTIONS = `--import=${join(import.meta.dirname, '../fixtures/loaded-modules.mjs')}`;
      const { exit } = await runMex(line.split(' '), world.cwd, { ...env(), NODE_OPTIONS, MEX_LOADED: loaded });
      expect(exit).toBe(0);
      const modules = readFileSync(loaded, 'utf8').split('\n');
      expect(modules.some((url) => url.includes('/@oclif/core/'))).toBe(true);
      const heavy = /\/node_modules\/(@kubernetes|undici|kafkajs|listr2|zod|yaml)\/|\/dist\/(kubernetes|cluster)\//;
      expect(modules.filter((url) => heavy.test(url))).toEqual([]);
    },
  );
});
