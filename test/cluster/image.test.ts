import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { buildImage } from '../../src/cluster/build-image.ts';
import { planOf } from '../../src/cluster/cluster-plan.ts';
import { writeRecord } from '../../src/cluster/cluster-record.ts';
import { checkRepository, contentName, fullName, releaseName } from '../../src/cluster/image-name.ts';
import { hasImage } from '../../src/cluster/load-image.ts';
import { loadIntoCluster } from '../../src/cluster/load-into-cluster.ts';
import { pushImage } from '../../src/cluster/push-image.ts';
import { skipped } from '../skipped.ts';
import { FREE_PORTS, NAME, never, worldEach } from './fake-world.ts';

const world = worldEach();
const ID = `sha256:1f2e3d4c5b6a${'0'.repeat(52)}`;
const OLD_ID = `sha256:${'9'.repeat(64)}`;
const VERSION = '0.1.0';
const REAL_PATH = process.env.PATH ?? '';
beforeEach(() => mkdirSync(world.mexFolder));

describe('the name of an image', () => {
  it('is that of the release, and one after its content', () => {
    expect(releaseName('1.2.0-rc.1+build')).toBe('mex:1.2.0-rc.1-build');
    expect(contentName(VERSION, ID)).toBe('mex:0.1.0-1f2e3d4c5b6a');
    expect(contentName(VERSION, ID, 'ghcr.io/me/mex')).toBe('ghcr.io/me/mex:0.1.0-1f2e3d4c5b6a');
  });

  it.each([
    ['mex:1', 'docker.io/library/mex:1'],
    ['grafana/k6:2', 'docker.io/grafana/k6:2'],
    ['ghcr.io/me/mex:1', 'ghcr.io/me/mex:1'],
    ['localhost/mex:1', 'localhost/mex:1'],
    ['registry:5000/mex:1', 'registry:5000/mex:1'],
  ])('%s is %s to a node', (image, full) => {
    expect(fullName(image)).toBe(full);
  });

  it.each(['ghcr.io/me/mex', 'localhost:5000/mex', '123.dkr.ecr.eu-west-1.amazonaws.com/team/mex', 'a/b_c/d__e'])(
    '%s may be pushed to',
    (text) => {
      expect(checkRepository(text)).toBe(text);
    },
  );
  it.each(['mex', '', '-x/mex', 'ghcr.io/me/mex:1', 'ghcr.io/Me/mex', 'https://ghcr.io/me/mex', 'a/b c', 'a/../b'])(
    '"%s" may not',
    (text) => {
      expect(() => checkRepository(text)).toThrow(expect.objectContaining({ exit: 2 }));
    },
  );
});

describe('an image that is built', () => {
  const noGit = skipped(spawnSync('git', ['--version']).status !== 0, 'the revision in the labels', 'there is no git');
  const build = (root: string, options = {}) => {
    writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\n');
    return buildImage({ root, version: VERSION, buildArgs: [], ...options }, never);
  };
  beforeEach(() => world.tools.change((state) => void Object.assign(state, { nextImageId: ID })));

  it('has two names, and labels that say what it is', async () => {
    expect(await build(world.cwd, { buildArgs: ['A=b c'], network: 'host', platform: 'linux/arm64' })).toEqual({
      image: 'mex:0.1.0',
      contentImage: 'mex:0.1.0-1f2e3d4c5b6a',
      id: ID,
      version: VERSION,
      revision: 'unknown',
    });
    expect(world.tools.state.images).toEqual({ 'mex:0.1.0': ID, 'mex:0.1.0-1f2e3d4c5b6a': ID });
    expect(world.tools.calls.find((call) => call.startsWith('docker build'))).toBe(
      'docker build --tag mex:0.1.0 --label org.opencontainers.image.version=0.1.0' +
        ' --label org.opencontainers.image.revision=unknown --build-arg A=b c --network host --platform linux/arm64' +
        ` ${world.cwd}`,
    );
  });

  it.skipIf(noGit)('says of which commit it is, and whether that is all', async () => {
    vi.stubEnv('PATH', [world.tools.path, REAL_PATH].join(delimiter));
    const git = (...args: string[]) =>
      spawnSync('git', ['-C', world.cwd, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args]);
    writeFileSync(join(world.cwd, 'Dockerfile'), 'FROM scratch\n');
    git('init');
    writeFileSync(join(world.cwd, '.gitignore'), 'tools\n.*\n');
    git('add', 'Dockerfile');
    git('commit', '-m', 'first');
    expect((await build(world.cwd)).revision).toMatch(/^[0-9a-f]{40}$/);
    writeFileSync(join(world.cwd, 'more'), '');
    expect((await build(world.cwd)).revision).toMatch(/^[0-9a-f]{40}-dirty$/);
  });

  it('needs the Dockerfile of a clone', async () => {
    await expect(buildImage({ root: world.cwd, version: VERSION, buildArgs: [] }, never)).rejects.toMatchObject({
      code: 'NO_DOCKERFILE',
      exit: 5,
    });
  });
});

describe('an image that is pushed', () => {
  it('is named after its content, and pinned by its digest', async () => {
    world.tools.change(({ images }) => void Object.assign(images, { 'mex:0.1.0': ID }));
    expect(await pushImage('ghcr.io/me/mex', VERSION, never)).toEqual({
      image: 'ghcr.io/me/mex:0.1.0-1f2e3d4c5b6a',
      pinned: 'ghcr.io/me/mex@sha256:1234',
      id: ID,
    });
    expect(world.tools.calls).toContain('docker push ghcr.io/me/mex:0.1.0-1f2e3d4c5b6a');
  });

  it('must have been built', async () => {
    await expect(pushImage('ghcr.io/me/mex', VERSION, never)).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      suggestion: 'Build it: mex image build',
    });
  });
});

describe('an image that is loaded', () => {
  const NODES = ['server-0', 'agent-0', 'agent-1'].map((suffix) => `k3d-${NAME}-${suffix}`);
  const AGENT = NODES[1] ?? '';
  const load = () => loadIntoCluster({ folder: world.mexFolder, version: VERSION }, () => {}, never);
  const imagesOf = (node: string) => Object.values(world.tools.state.nodeImages[node] ?? {});
  const calls = (what: RegExp) => world.tools.calls.filter((call) => what.test(call)).length;
  const SAVE = /^docker save mex:0\.1\.0 mex:0\.1\.0-1f2e3d4c5b6a$/;
  const COPY = /^docker exec --interactive \S+ ctr --namespace k8s\.io images import -$/;

  beforeEach(async () => {
    const plan = planOf({ agents: 2, ports: FREE_PORTS });
    await writeRecord(world.mexFolder, { version: 1, kind: 'k3d', id: 'own', phase: 'made', plan });
    world.tools.change((state) => {
      state.images = { 'mex:0.1.0': ID };
      state.containers = NODES.map((name) => {
        const role = name.includes('server') ? 'server' : 'agent';
        return { name, state: 'running', labels: { 'k3d.cluster': NAME, 'k3d.role': role, 'mex.cluster': 'own' } };
      });
    });
  });

  it('is on every node afterwards, under both names, and is not brought there twice', async () => {
    const first = await load();
    expect(first).toMatchObject({ image: 'mex:0.1.0', contentImage: 'mex:0.1.0-1f2e3d4c5b6a', id: ID });
    expect(first.loadedInto.toSorted()).toEqual(NODES.toSorted());
    for (const node of NODES) expect(imagesOf(node)).toEqual([ID, ID]);
    expect((await load()).loadedInto).toEqual([]);
    expect([calls(SAVE), calls(COPY)]).toEqual([3, 3]);
  });

  it('is brought again to a node where it is not, though the copying ended well', async () => {
    world.tools.faults = { copyLost: { [AGENT]: 2 } };
    expect((await load()).loadedInto).toHaveLength(3);
    expect(imagesOf(AGENT)).toEqual([ID, ID]);
    expect(calls(COPY)).toBe(5);
  });

  it('takes the place of an older one of the same name', async () => {
    world.tools.change((state) => {
      for (const node of NODES) state.nodeImages[node] = { 'docker.io/library/mex:0.1.0': OLD_ID };
    });
    expect((await load()).loadedInto).toHaveLength(3);
    for (const node of NODES) expect(imagesOf(node)).toEqual([ID, ID]);
  });

  it('is brought to a node that has it under one of its names', async () => {
    world.tools.change((state) => {
      for (const node of NODES) state.nodeImages[node] = { 'docker.io/library/mex:0.1.0': ID };
    });
    expect((await load()).loadedInto).toHaveLength(3);
  });

  it('is tried twice more on a node that fails', async () => {
    world.tools.faults = { copyFails: { [AGENT]: 2 } };
    expect((await load()).loadedInto).toHaveLength(3);
    expect(calls(COPY)).toBe(5);
  });

  it.each([
    ['', { copyLost: { [AGENT]: 9 } }, /-agent-0 after 3 attempts$/],
    [', with what the node said', { copyFails: { [AGENT]: 9 } }, /after 3 attempts: .*no space left on device$/],
  ])('and is not on a node after that is an error%s', async (_more, faults, message) => {
    world.tools.faults = faults;
    await expect(load()).rejects.toMatchObject({
      code: 'IMAGE_NOT_LOADED',
      exit: 5,
      message: expect.stringMatching(message),
    });
    expect(calls(COPY)).toBe(5);
  });

  it('needs a cluster that runs', async () => {
    world.tools.change(({ containers }) => {
      for (const one of containers) one.state = 'exited';
    });
    await expect(load()).rejects.toMatchObject({ code: 'NO_CLUSTER', suggestion: 'Run: mex cluster up' });
  });

  it('needs a cluster of its own', async () => {
    await writeRecord(world.mexFolder, { version: 1, kind: 'context', context: 'eks' });
    await expect(load()).rejects.toMatchObject({
      exit: 2,
      suggestion: expect.stringContaining('mex image push --registry'),
    });
  });
});

describe('a listing of containerd', () => {
  const DIGEST = `sha256:${'d'.repeat(64)}`;
  const listing = (...rows: string[]) => ['REF TYPE DIGEST SIZE', ...rows].join('\n');
  it.each([
    ['the digest of the configuration', listing(`docker.io/library/mex:1 t ${DIGEST} 1`, `${ID} t ${DIGEST} 1`), true],
    ['the digest itself', listing(`docker.io/library/mex:1   t   ${ID}   1`), true],
    ['another digest under that name', listing(`docker.io/library/mex:1 t ${OLD_ID} 1`, `${ID} t ${DIGEST} 1`), false],
    ['that digest under another name', listing(`docker.io/library/mex:2 t ${DIGEST} 1`, `${ID} t ${DIGEST} 1`), false],
    ['nothing', listing(), false],
  ])('with %s', (_what, text, has) => {
    expect(hasImage(text, 'mex:1', ID)).toBe(has);
  });
});
