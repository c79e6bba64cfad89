/** What `mex cluster up` puts into a cluster: chosen once, made once, put right after an interruption. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterFiles } from '../../src/cluster/cluster-record.ts';
import { checkImage } from '../../src/cluster/mex-image.ts';
import { choose, placeOf } from '../../src/cluster/platform-choice.ts';
import { takeDown } from '../../src/cluster/take-down.ts';
import type { ObjectRef } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object-types.ts';
import { NAME, never, worldEach } from './fake-world.ts';
import { type Asked, ID, IMAGE, upPlatform, VERSION } from './up-platform.ts';

/** Each of the fakes is a program, and a machine may be busy. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const world = worldEach();
const up = (asked: Asked = {}, signal = never) => upPlatform(world, asked, signal);
const record = () => JSON.parse(readFileSync(clusterFiles(world.mexFolder).record, 'utf8'));
const platform = () => record().platform;
const calls = (what: RegExp) => world.tools.calls.filter((call) => what.test(call));
const NODES = ['server-0', 'agent-0'].map((suffix) => `k3d-${NAME}-${suffix}`);
const engines = (kind: ObjectRef['kind'], name: string): ObjectRef => ({ kind, name, namespace: 'matching-engine' });
const monitoring = (kind: ObjectRef['kind'], name: string): ObjectRef => ({ kind, name, namespace: 'monitoring' });
const TOKEN = engines('Secret', 'mex-admin-token');
const GRAFANA_LOGIN = monitoring('Secret', 'mex-grafana');
const MADE = { labels: { 'app.kubernetes.io/managed-by': 'mex', 'app.kubernetes.io/part-of': 'mex' } };
const dataOf = (ref: ObjectRef) => (world.server.get(ref) as KubeObject & { data: Record<string, string> }).data;
/** One time each, and each time all of what came before. */
const INTERRUPTED_MS_MAX = 240_000;
const PLAIN = { observability: 'plain' } as const;

beforeEach(() => {
  mkdirSync(world.mexFolder);
  writeFileSync(join(world.cwd, 'Dockerfile'), 'FROM scratch\n');
  world.tools.change((state) => void Object.assign(state, { nextImageId: ID }));
});

/** What an experiment has deployed. */
function deployShard(): void {
  const labels = { ...MADE.labels, app: 'me-shard' };
  world.server.put(engines('StatefulSet', 'me-shard-a'), {
    metadata: { labels },
    spec: {
      selector: { matchLabels: { app: 'me-shard' } },
      template: { spec: { containers: [{ name: 'engine', image: IMAGE }] } },
    },
  });
}

describe('a platform', () => {
  it('is what was asked for, else what it was, else Redpanda and Helm', () => {
    const found = { image: IMAGE, place: 'k3d' } as const;
    const usual = { broker: 'redpanda', observability: 'helm', ...found };
    expect(choose(undefined, {}, found)).toEqual(usual);
    const before = { broker: 'kafka', observability: 'plain', place: 'aws', image: 'mex:old' } as const;
    expect(choose(before, {}, found)).toEqual({ ...before, image: IMAGE });
    expect(choose(before, { broker: 'redpanda', place: 'oci' }, found)).toMatchObject({
      broker: 'redpanda',
      place: 'oci',
    });
  });

  it.each([
    [[], 'k3d'],
    [['k3s://node-0'], 'k3d'],
    [['', 'aws:///eu-central-1a/i-0abc'], 'aws'],
    [['ocid1.instance.oc1.eu-frankfurt-1.abc'], 'oci'],
    [['oci://ocid1.instance.oc1'], 'oci'],
  ])('is at a place that its nodes tell: %j is %s', (providerIds, place) => {
    expect(placeOf(providerIds)).toBe(place);
  });

  it.each(['ghcr.io/me/mex:0.1.0', 'mex:1', 'registry:5000/mex:0.1.0-abc'])('may have the image %s', (image) => {
    expect(checkImage(image)).toBe(image);
  });
  it.each(['mex', 'mex:latest', 'registry:5000/mex', '-x:1', 'a b:1', 'mex:'])(
    'may not have the image "%s"',
    (image) => {
      expect(() => checkImage(image)).toThrow(expect.objectContaining({ code: 'BAD_FLAG', exit: 2 }));
    },
  );
});

describe('a cluster of its own', () => {
  it('gets image, namespaces, secrets, monitoring and a broker, and then nothing more', async () => {
    world.tools.change(
      ({ images }) => void Object.assign(images, { 'apache/kafka:4.4.0': `sha256:${'c'.repeat(64)}` }),
    );
    const first = await up({ broker: 'kafka', ...PLAIN });
    expect(first.found).toMatchObject({
      kubectl: 'there',
      'image of mex': `built; ${IMAGE} loaded into 2 nodes`,
      platform: 'kafka, monitoring by manifests, place k3d',
      'images of others': expect.stringMatching(
        /^loaded: apache\/kafka:4\.4\.0; left to the nodes to pull: grafana\/k6:\S+, prom\/prometheus:\S+, grafana\/grafana:\S+$/,
      ),
      'what another choice left': 'nothing',
      namespaces: '2 of 2 made or changed',
      secrets: 'made mex-admin-token, mex-grafana',
      monitoring: 'Prometheus and Grafana are ready',
      broker: 'kafka is ready',
    });
    expect(platform()).toEqual({ broker: 'kafka', observability: 'plain', place: 'k3d', image: IMAGE });
    for (const node of NODES) {
      expect(Object.keys(world.tools.state.nodeImages[node] ?? {}).toSorted()).toEqual(
        ['docker.io/apache/kafka:4.4.0', `docker.io/library/${IMAGE}`, `docker.io/library/mex:${VERSION}`].toSorted(),
      );
    }
    const before = record();
    const second = await up();
    expect(second.changed).toEqual([]);
    expect(record()).toEqual(before);
    expect(calls(/^docker build/)).toHaveLength(1);
    expect(calls(/^helm/)).toEqual([]);
  });

  it('has nothing of what an experiment deploys', async () => {
    await up(PLAIN);
    const applied = world.server.seen('PATCH').map(({ path }) => path);
    expect(applied.filter((path) => /me-shard-?[abc]?$|edge-gateway/.test(path)).toSorted()).toEqual([
      '/api/v1/namespaces/matching-engine/serviceaccounts/edge-gateway',
      '/api/v1/namespaces/matching-engine/serviceaccounts/me-shard',
    ]);
  });

  it('keeps its secrets, which are told nowhere', async () => {
    await up(PLAIN);
    const [token, login] = [dataOf(TOKEN), dataOf(GRAFANA_LOGIN)];
    const text = (encoded = '') => Buffer.from(encoded, 'base64').toString();
    expect(text(token.token)).toMatch(/^[0-9a-f]{64}$/);
    expect(text(login['admin-user'])).toBe('admin');
    expect(text(login['admin-password'])).toMatch(/^[0-9a-f]{64}$/);
    const again = await up();
    expect([dataOf(TOKEN), dataOf(GRAFANA_LOGIN)]).toEqual([token, login]);
    for (const secret of [token.token, login['admin-password']]) {
      expect(JSON.stringify([again, record(), world.tools.calls])).not.toContain(text(secret));
    }
  });

  it('takes secrets that a person has made, and says where one lacks what it is for', async () => {
    world.server.put(TOKEN, { data: { token: 'dG9rZW4=' } });
    world.server.put(GRAFANA_LOGIN, { data: { 'admin-user': 'bWU=' } });
    await expect(up(PLAIN)).rejects.toMatchObject({
      code: 'SECRET_INCOMPLETE',
      exit: 5,
      message: 'Secret monitoring/mex-grafana is there, and lacks admin-password',
      suggestion: expect.stringContaining('-n monitoring delete secret mex-grafana'),
    });
    expect(dataOf(TOKEN)).toEqual({ token: 'dG9rZW4=' });
  });

  it('says that its image is of other sources than those that are here', async () => {
    vi.stubEnv('PATH', world.tools.path);
    world.tools.change(({ images, revisions }) => {
      images[`mex:${VERSION}`] = ID;
      revisions[`mex:${VERSION}`] = 'f'.repeat(40);
    });
    writeFileSync(join(world.tools.path, 'git'), `#!/bin/sh\ncase "$*" in *HEAD) echo ${'e'.repeat(40)};; esac\n`, {
      mode: 0o755,
    });
    expect((await up(PLAIN)).found['image of mex']).toBe(
      `${IMAGE} loaded into 2 nodes; it was built from ffffffffffff, the sources are eeeeeeeeeeee: for those, mex image build`,
    );
  });

  it('is usable without Grafana, and says why there is none', async () => {
    world.fates.imagesLacking = ['grafana/grafana'];
    const { found } = await up(PLAIN);
    expect(found.monitoring).toMatch(
      /^Prometheus is ready\. Grafana is not ready: Deployment monitoring\/grafana: pod grafana-0.*no such host; verdicts do not need it$/,
    );
    expect(found.broker).toBe('redpanda is ready');
    expect((await up()).changed).toEqual([]);
  });

  it.each([
    [
      'Prometheus',
      'prom/prometheus',
      /^Deployment monitoring\/prometheus: pod prometheus-0, container prometheus, cannot get its image/,
    ],
    [
      'a broker',
      'redpanda',
      /^StatefulSet matching-engine\/broker: pod broker-0, container redpanda, cannot get its image/,
    ],
  ])('is not usable without %s, and goes on once it can be had', async (_who, image, message) => {
    world.fates.imagesLacking = [image];
    await expect(up(PLAIN)).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      exit: 5,
      message: expect.stringMatching(message),
      suggestion: expect.stringContaining('docker pull here and mex cluster up'),
    });
    world.fates.imagesLacking = [];
    expect((await up()).found).toMatchObject({ broker: 'redpanda is ready' });
  });

  it('gets an image of others again on a node that lost it, and fails where it does not come there', async () => {
    const k6 = `sha256:${'d'.repeat(64)}`;
    world.tools.change(({ images }) => void Object.assign(images, { 'grafana/k6:2.2.0': k6 }));
    await up(PLAIN);
    world.tools.change(({ nodeImages }) => void delete nodeImages[NODES[1] ?? '']?.['docker.io/grafana/k6:2.2.0']);
    expect((await up()).found['images of others']).toMatch(/^loaded: grafana\/k6:2\.2\.0; /);
    world.tools.change(({ nodeImages }) => void delete nodeImages[NODES[1] ?? '']?.['docker.io/grafana/k6:2.2.0']);
    world.tools.faults = { copyFails: { [NODES[1] ?? '']: 9 } };
    await expect(up()).rejects.toMatchObject({
      code: 'IMAGE_NOT_LOADED',
      message: expect.stringMatching(/^The image grafana\/k6:2\.2\.0 is not on k3d-\S+-agent-0 after 3 attempts/),
    });
  });
});

it('goes on after an interruption in any of its steps', { timeout: INTERRUPTED_MS_MAX }, async () => {
  const titles = [
    ...['kubectl', 'docker and k3d', `cluster ${NAME}`, 'kubeconfig', 'nodes', 'names and volumes', 'image of mex'],
    ...['platform', 'images of others', 'what another choice left', 'namespaces', 'secrets', 'objects', 'monitoring'],
    'broker',
  ];
  for (const title of titles) {
    const stop = new AbortController();
    const interrupted = upPlatform(world, PLAIN, stop.signal, (begun) => {
      // In the middle of it: it has begun, and waits for its first answer.
      if (begun === title) queueMicrotask(() => stop.abort(new Error(`interrupted in ${title}`)));
    });
    await expect(interrupted).rejects.toThrow(/interrupted in /);
  }
  const { found } = await up();
  expect(Object.keys(found)).toEqual(titles);
  expect(found.broker).toBe('redpanda is ready');
  expect((await up()).changed).toEqual([]);
  expect(calls(/^k3d cluster create/).length).toBeLessThanOrEqual(3);
});

describe('another choice', () => {
  it('takes the place of the first, and leaves nothing of it', async () => {
    await up(PLAIN);
    expect(world.server.get(engines('PersistentVolumeClaim', 'data-broker-0'))?.metadata.labels).toMatchObject({
      'app.kubernetes.io/name': 'redpanda',
      'app.kubernetes.io/managed-by': 'mex',
    });
    const { found } = await up({ broker: 'kafka' });
    expect(found.platform).toBe('kafka, monitoring by manifests, place k3d (its broker is redpanda, not kafka)');
    expect(found['what another choice left']).toMatch(
      /^removed StatefulSet matching-engine\/broker, .*PersistentVolumeClaim matching-engine\/data-broker-0.*ConfigMap matching-engine\/redpanda-bootstrap/,
    );
    expect(world.server.get(engines('PersistentVolumeClaim', 'data-broker-0'))?.metadata.labels).toMatchObject({
      'app.kubernetes.io/name': 'kafka',
    });
    expect((await up()).changed).toEqual([]);
  });

  it.each(['StatefulSet', 'PersistentVolumeClaim'] as const)(
    'is made after an interruption that had left the %s of the first broker',
    async (left) => {
      await up(PLAIN);
      const whole = { StatefulSet: 'broker', PersistentVolumeClaim: 'data-broker-0' } as const;
      for (const [kind, name] of Object.entries(whole)) {
        if (kind !== left) world.server.drop(engines(kind as keyof typeof whole, name));
      }
      const { found } = await up({ broker: 'kafka' });
      expect(found['what another choice left']).toContain(`${left} matching-engine/${whole[left]}`);
      expect(found.broker).toBe('kafka is ready');
    },
  );

  it('leaves alone what bears a name that no choice gives, and what is not made by mex', async () => {
    await up(PLAIN);
    const theirs = monitoring('Deployment', 'their-own');
    const mine = engines('ConfigMap', 'a-note');
    world.server.put(theirs, { spec: {} });
    world.server.put(mine, { metadata: MADE });
    await up({ broker: 'kafka', observability: 'helm' });
    expect(world.server.get(theirs)).toBeDefined();
    expect(world.server.get(mine)).toBeDefined();
  });

  it('is refused while something is deployed, and the record stays', async () => {
    await up(PLAIN);
    deployShard();
    const before = record();
    await expect(up({ broker: 'kafka' })).rejects.toMatchObject({
      code: 'UNDER_TEST',
      exit: 2,
      message: 'The cluster has me-shard-a deployed, and its broker is redpanda, not kafka',
      suggestion: 'First: mex undeploy --target k8s. Then this again.',
    });
    expect(record()).toEqual(before);
    expect((await up({ broker: 'redpanda' })).changed).toEqual([]);
  });

  it('is also another image of mex', async () => {
    await up(PLAIN);
    deployShard();
    const other = `sha256:${'7'.repeat(64)}`;
    world.tools.change(({ images }) => void Object.assign(images, { [`mex:${VERSION}`]: other }));
    await expect(up()).rejects.toMatchObject({
      code: 'UNDER_TEST',
      message: expect.stringContaining('its image is mex:'),
    });
    world.server.drop(engines('StatefulSet', 'me-shard-a'));
    await up();
    expect(platform().image).toBe(`mex:${VERSION}-${'7'.repeat(12)}`);
  });
});

describe("somebody else's cluster", () => {
  const EKS = { context: 'eks', ...PLAIN };
  beforeEach(() => {
    const path = join(world.cwd, 'theirs');
    writeFileSync(path, world.server.kubeconfig(['work', 'eks']));
    vi.stubEnv('KUBECONFIG', path);
  });

  it('is told where its image comes from', async () => {
    await expect(up(EKS)).rejects.toMatchObject({
      code: 'NO_IMAGE',
      exit: 2,
      suggestion: expect.stringContaining('--registry HOST/REPOSITORY'),
    });
    expect(world.server.requests).toEqual([]);
  });

  it('gets the image by a registry, once', async () => {
    const image = `ghcr.io/me/mex:${VERSION}-1f2e3d4c5b6a`;
    const { found } = await up({ ...EKS, registry: 'ghcr.io/me/mex' });
    expect(found['image of mex']).toBe(`pushed ${image}`);
    expect(platform()).toEqual({ broker: 'redpanda', observability: 'plain', place: 'k3d', image });
    expect(Object.keys(found)).not.toContain('images of others');
    expect((await up({ context: 'eks' })).found['image of mex']).toBe(`${image}, as before`);
    expect((await up({ ...EKS, registry: 'ghcr.io/me/mex' })).found['image of mex']).toBe(`${image}, pushed before`);
    expect(calls(/^docker push/)).toEqual([`docker push ${image}`]);
  });

  it('fails with what docker said where the registry cannot be reached', async () => {
    world.tools.faults = { registryDown: true };
    await expect(up({ ...EKS, registry: 'ghcr.io/me/mex' })).rejects.toMatchObject({
      exit: 5,
      message: expect.stringContaining('no such host'),
    });
    expect(platform()).toBeUndefined();
  });

  it('that is on AWS gets its own class of volumes, which goes with the rest, and another stays', async () => {
    const gp2 = { kind: 'StorageClass', name: 'gp2' } as const;
    world.server.drop({ kind: 'StorageClass', name: 'local-path' });
    world.server.put(gp2, {});
    world.server.put({ kind: 'Node', name: 'node-0' }, { spec: { providerID: 'aws:///eu-central-1a/i-0' } });
    const { found } = await up({ ...EKS, image: 'mex:1' });
    expect(found).toMatchObject({ platform: 'redpanda, monitoring by manifests, place aws' });
    expect(world.server.get({ kind: 'StorageClass', name: 'mex-gp3' })).toBeDefined();
    const { removed } = await takeDown(world.mexFolder, { consent: true, report: () => {} }, never);
    expect(removed).toEqual(expect.arrayContaining(['StorageClass mex-gp3', 'Namespace matching-engine']));
    expect(world.server.get({ kind: 'StorageClass', name: 'mex-gp3' })).toBeUndefined();
    expect(world.server.get(gp2)).toBeDefined();
  });

  it('is of the place that is said, whatever its nodes tell', async () => {
    world.server.put({ kind: 'Node', name: 'node-0' }, { spec: { providerID: 'aws:///eu-central-1a/i-0' } });
    expect((await up({ ...EKS, image: 'mex:1', place: 'k3d' })).found.platform).toMatch(/place k3d$/);
  });

  it('has namespaces of its own, out of which all goes that mex made, and no more', async () => {
    const theirs = monitoring('ConfigMap', 'theirs');
    for (const name of ['matching-engine', 'monitoring']) world.server.put({ kind: 'Namespace', name }, {});
    world.server.put(theirs, {});
    const { found } = await up({ ...EKS, image: 'mex:1' });
    expect(found.namespaces).toBe('2, as they should be; there before mex: matching-engine, monitoring');
    const { removed } = await takeDown(world.mexFolder, { consent: true, report: () => {} }, never);
    expect(removed).toEqual(
      expect.arrayContaining([
        'PersistentVolumeClaim matching-engine/data-broker-0',
        'Secret monitoring/mex-grafana',
        'Secret matching-engine/mex-admin-token',
        'StatefulSet matching-engine/broker',
      ]),
    );
    expect(world.server.get(theirs)).toBeDefined();
    expect(world.server.get({ kind: 'Namespace', name: 'monitoring' })).toBeDefined();
    expect(existsSync(clusterFiles(world.mexFolder).record)).toBe(false);
  });
});

describe('without its tools', () => {
  it('says that kubectl is missing before anything is made', async () => {
    rmSync(join(world.tools.path, 'kubectl'));
    await expect(up(PLAIN)).rejects.toMatchObject({
      code: 'KUBECTL_MISSING',
      exit: 5,
      suggestion: expect.stringContaining('mex doctor --target k8s'),
    });
    expect(world.tools.state.containers).toEqual([]);
  });

  it('says what to do where the image cannot be built', async () => {
    rmSync(join(world.cwd, 'Dockerfile'));
    await expect(up(PLAIN)).rejects.toMatchObject({ code: 'NO_DOCKERFILE', exit: 5 });
  });
});
