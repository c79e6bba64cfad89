/** A real cluster: docker, k3d and Kubernetes, from `mex cluster up` that is interrupted to nothing being left. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parsePorts } from '../../src/cluster/cluster-plan.ts';
import { clusterFiles } from '../../src/cluster/cluster-record.ts';
import { loadImage } from '../../src/cluster/load-image.ts';
import { KubeCluster } from '../../src/kubernetes/kube-cluster.ts';
import { freePort } from '../free-port.ts';
import { runMex, startMex } from '../mex-process.ts';
import { K3D_ENV, KAFKA_IMAGE, NODE_IMAGE, noK3d, POD_IMAGE } from '../real-k3d.ts';
import { skipped } from '../skipped.ts';
import { jobManifest, STAGE, setManifest } from './cluster-manifests.ts';

const missing = skipped(noK3d !== undefined, 'a real cluster', `${noK3d}`);
const NAME = 'mex-e2e';
const NODES = ['agent-0', 'agent-1', 'server-0'].map((suffix) => `k3d-${NAME}-${suffix}`);
const NAMESPACE = 'matching-engine';
const never = new AbortController().signal;
/** So that nothing takes longer than a test may. */
const ROLLOUT = { limitMs: 60_000, graceMs: { unschedulable: 3_000, volume: 5_000 } };

let cwd: string;
let up: string[];
let gatewayUrl: string;
let cluster: KubeCluster;
/** Of the nodes, which have no names of their own. */
let volumes: string[];
const env = () => ({ ...K3D_ENV, KUBECONFIG: join(cwd, 'theirs'), HOME: cwd });
const mex = (...args: string[]) => runMex(args, cwd, env());
const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { exit, stdout, stderr } = await mex(...args, '--json');
  expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: '' });
  return JSON.parse(stdout);
};
const docker = (...args: string[]): string[] =>
  execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
const apply = (text: string) => cluster.applyText(text, 'the test', never);
const set = (name: string) => ({ kind: 'StatefulSet', name, namespace: NAMESPACE }) as const;

describe.skipIf(missing)('a cluster', () => {
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'mex-cluster-e2e-'));
    writeFileSync(join(cwd, 'theirs'), 'apiVersion: v1\nkind: Config\n');
    const names = ['gateway', 'engine-a', 'engine-b', 'engine-c', 'prometheus', 'grafana'];
    const ports = await Promise.all(names.map(async (name) => `${name}=${await freePort()}`));
    gatewayUrl = `http://127.0.0.1:${parsePorts(ports).gateway}/`;
    up = ['cluster', 'up', '--name', NAME, '--agents', '2', '--k3s-image', NODE_IMAGE];
    up.push(...ports.flatMap((port) => ['--port', port]), '--broker', 'kafka', '--observability', 'plain');
    vi.stubEnv('PATH', K3D_ENV.PATH);
    // With the network of this machine, which may be the only one that reaches the packages.
    await json('image', 'build', '--network', 'host');
  });
  afterAll(async () => {
    await cluster?.close();
    await mex('cluster', 'down');
    vi.unstubAllEnvs();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('whose making is interrupted is half made, and goes when it is told to', async () => {
    const { child, ended } = startMex(up, cwd, env());
    await expect
      .poll(() => docker('ps', '--all', '--quiet', '--filter', `label=k3d.cluster=${NAME}`).length, { timeout: 60_000 })
      .toBeGreaterThan(0);
    child.kill('SIGINT');
    expect((await ended).exit).toBe(130);
    expect((await mex('cluster', 'status')).stdout).toContain('is half made');
    expect(await json('cluster', 'down')).toMatchObject({ removed: expect.arrayContaining([`k3d-${NAME}`]) });
    expectNothingLeft();
  });

  it('comes up after interruptions, with all that a system under test needs, and then changes nothing', async () => {
    await interrupt(() => docker('ps', '--quiet', '--filter', `name=^k3d-${NAME}-server-0$`).length > 0);
    const { kubeconfig } = clusterFiles(join(cwd, '.mex'));
    const record = () => readFileSync(clusterFiles(join(cwd, '.mex')).record, 'utf8');
    await interrupt(() => record().includes('"platform"'));
    expect(await json(...up)).toMatchObject({ changed: true, context: `k3d-${NAME}` });
    const again = await json('cluster', 'up');
    expect(again).toMatchObject({ changed: false });
    expect(again.steps).toEqual(
      expect.arrayContaining([
        { title: 'broker', changed: false, found: 'kafka is ready' },
        { title: 'monitoring', changed: false, found: expect.stringMatching(/^Prometheus (is|and Grafana are) ready/) },
      ]),
    );
    cluster = await KubeCluster.open({ context: `k3d-${NAME}`, kubeconfig });
    const mounts = '{{range .Mounts}}{{.Name}}{{"\\n"}}{{end}}';
    volumes = NODES.flatMap((node) => docker('inspect', '--format', mounts, node));
    expect(volumes.length).toBeGreaterThan(NODES.length);
  });

  it('shows what it has: broker, monitoring and where it is reached', async () => {
    const status = await json('cluster', 'status');
    expect(status).toMatchObject({
      state: 'running',
      platform: {
        broker: 'kafka',
        observability: 'plain',
        place: 'k3d',
        image: expect.stringMatching(/^mex:.+-[0-9a-f]{12}$/),
      },
      pods: expect.arrayContaining([
        expect.objectContaining({ namespace: NAMESPACE, name: 'broker-0', ready: true }),
        expect.objectContaining({ name: expect.stringMatching(/^prometheus-/), ready: true }),
      ]),
    });
    const { prometheus } = status.addresses as { prometheus: string };
    const targets = (await (await fetch(`${prometheus}/api/v1/targets`)).json()) as { status: string };
    expect(targets.status).toBe('success');
    const nodeImages = NODES.map((node) =>
      docker('exec', node, 'ctr', '-n', 'k8s.io', 'images', 'list', '--quiet').join(' '),
    );
    for (const images of nodeImages) expect(images).toContain(`docker.io/${KAFKA_IMAGE}`);
    const claim = { kind: 'PersistentVolumeClaim', name: 'data-broker-0', namespace: NAMESPACE } as const;
    expect((await cluster.get(claim, never))?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'mex' });
  });

  it('gets an image onto each of its nodes, once', async () => {
    const [id = ''] = docker('image', 'ls', '--no-trunc', '--quiet', POD_IMAGE);
    const request = { images: [POD_IMAGE], id, nodes: NODES };
    expect(await loadImage(request, () => {}, never)).toEqual(NODES);
    expect(await loadImage(request, () => {}, never)).toEqual([]);
  });

  it('runs a restricted pod with a volume, reached through its node, and is not changed by being told again', async () => {
    const outcomes = (await apply(STAGE + setManifest('good'))).map(({ outcome }) => outcome);
    // The namespace is there already.
    expect(outcomes).toEqual(['changed', ...Array(3).fill('created')]);
    await cluster.rollout(set('good'), ROLLOUT, never);
    await cluster.waitUntilAnswers(gatewayUrl, never);
    expect((await apply(STAGE + setManifest('good'))).map(({ outcome }) => outcome)).toEqual(
      Array(4).fill('unchanged'),
    );
    const policy = await cluster.get({ kind: 'NetworkPolicy', name: 'shards', namespace: NAMESPACE }, never);
    expect(policy?.spec).toMatchObject({ ingress: [{ from: [{ podSelector: { matchLabels: { app: 'gateway' } } }] }] });
    await expect(
      apply(setManifest('good').replace('serviceName:', 'futureField: 1\n  serviceName:')),
    ).rejects.toMatchObject({
      message: expect.stringContaining('.spec.futureField: field not declared in schema'),
    });
  });

  it('runs a program in a pod, tells its code, and reads what the pod wrote', async () => {
    const of = { namespace: NAMESPACE, pod: 'good-0', container: 'main' };
    const argv = ['node', '-e', 'console.log(1 + 1); console.error("words"); process.exitCode = 7'];
    expect(await cluster.runInPod({ ...of, argv, limitMs: 20_000 }, never)).toEqual({
      exitCode: 7,
      stdout: '2\n',
      stderr: 'words\n',
    });
    await expect(cluster.runInPod({ ...of, argv: ['sleep', '60'], limitMs: 500 }, never)).rejects.toMatchObject({
      code: 'EXEC_FAILED',
    });
    await expect(cluster.runInPod({ ...of, pod: 'bad-0', argv, limitMs: 500 }, never)).rejects.toMatchObject({
      status: 404,
    });
    expect(await cluster.lastLines(of, never)).toEqual(['listening']);
  });

  it('is scaled to nothing and back, and sets right what a person has changed', async () => {
    await cluster.scale(set('good'), 0, never);
    await cluster.rollout(set('good'), ROLLOUT, never);
    expect(await cluster.get({ kind: 'Pod', name: 'good-0', namespace: NAMESPACE }, never)).toBeUndefined();
    expect(await apply(setManifest('good'))).toMatchObject([{ outcome: 'changed', taken: [] }]);
    await cluster.rollout(set('good'), ROLLOUT, never);
    const { kubeconfig } = clusterFiles(join(cwd, '.mex'));
    const kubectl = ['--kubeconfig', kubeconfig, '-n', NAMESPACE, 'scale', 'statefulset', 'good', '--replicas=3'];
    execFileSync('kubectl', kubectl, { env: { ...process.env, ...K3D_ENV } });
    expect(await apply(setManifest('good'))).toMatchObject([
      { outcome: 'changed', taken: [{ field: '.spec.replicas', from: 'kubectl' }] },
    ]);
    const pod = { kind: 'Pod', name: 'good-0', namespace: NAMESPACE } as const;
    expect(await cluster.remove(pod, { goneMsMax: 30_000 }, never)).toBe(true);
    await cluster.rollout(set('good'), ROLLOUT, never);
  });

  it.each([
    [
      'image',
      { image: 'mex:nope' },
      'IMAGE_MISSING',
      /cannot get its image: mex:nope: (ErrImagePull|ImagePullBackOff)/,
    ],
    [
      'crash',
      { program: 'console.error("WAL_PATH is not set"); process.exit(64)' },
      'CRASH_LOOP',
      /exit code 64.*\n {2}WAL_PATH is not set\n/,
    ],
    ['place', { cpu: '500' }, 'UNSCHEDULABLE', /place-0 fits on no node: .*Insufficient cpu/],
    ['volume', { storageClass: 'nope' }, 'VOLUME_PENDING', /volume-0 gets no volume: .*"nope" not found/],
    ['refused', { restricted: false }, 'POD_REFUSED', /no pod could be made: .*violates PodSecurity "restricted/],
  ])('says at once why a pod will not run: %s', async (name, flaw, code, message) => {
    await apply(setManifest(name, flaw));
    await expect(cluster.rollout(set(name), ROLLOUT, never)).rejects.toMatchObject({
      code,
      exit: 5,
      message: expect.stringMatching(message),
    });
  });

  it('runs what was broken once its manifest is right', async () => {
    await apply(setManifest('image'));
    await cluster.rollout(set('image'), ROLLOUT, never);
  });

  it.each([
    ['done', 0, { succeeded: true, exitCode: 0 }],
    ['failed', 99, { succeeded: false, exitCode: 99, reason: expect.stringContaining('BackoffLimitExceeded') }],
  ])('sees a Job to its end with all that it writes: %s', async (name, exitCode, outcome) => {
    const ref = { kind: 'Job', name, namespace: NAMESPACE } as const;
    await apply(jobManifest(name, exitCode));
    const lines: string[] = [];
    const options = { container: 'main', onLine: (line: string) => lines.push(line), limitMs: 60_000 };
    expect(await cluster.runJob(ref, options, never)).toEqual(outcome);
    expect(lines).toEqual([...Array.from({ length: 20_000 }, (_, n) => `line ${n}`), 'end']);
    expect(await cluster.remove(ref, { goneMsMax: 30_000 }, never)).toBe(true);
  });

  it('one of whose nodes was stopped is shown so, and started again', async () => {
    docker('stop', '--time', '1', `k3d-${NAME}-agent-1`);
    const { exit, stdout } = await mex('cluster', 'status');
    expect({ exit, stdout }).toMatchObject({ exit: 5, stdout: expect.stringContaining('is stopped') });
    expect(await json('cluster', 'up')).toMatchObject({ changed: true });
    expect(await json('cluster', 'status')).toMatchObject({
      state: 'running',
      nodes: NODES.map((name) => ({ name, forLoad: name.endsWith('agent-1') })),
      namespaces: [
        { name: NAMESPACE, madeByMex: true },
        { name: 'monitoring', madeByMex: true },
      ],
      pods: expect.arrayContaining([expect.objectContaining({ name: 'place-0', ready: false })]),
    });
  });

  it('goes with everything that belongs to it, and the kubeconfig of the person is as it was', async () => {
    await cluster.close();
    expect(await json('cluster', 'down')).toMatchObject({ removed: expect.arrayContaining(NODES) });
    expectNothingLeft();
    expect(docker('volume', 'ls', '--quiet').filter((name) => volumes.includes(name))).toEqual([]);
    expect(readFileSync(join(cwd, 'theirs'), 'utf8')).toBe('apiVersion: v1\nkind: Config\n');
    expect(existsSync(join(cwd, '.kube'))).toBe(false);
  });
});

/** Ends `cluster up` by Ctrl-C when it has come so far. */
async function interrupt(hasComeSoFar: () => boolean): Promise<void> {
  const { child, ended } = startMex(up, cwd, env());
  await expect.poll(hasComeSoFar, { timeout: 300_000, interval: 200 }).toBe(true);
  child.kill('SIGINT');
  expect((await ended).exit).toBe(130);
}

function expectNothingLeft(): void {
  expect(docker('ps', '--all', '--format', '{{.Names}}').filter((name) => name.includes(NAME))).toEqual([]);
  expect(docker('network', 'ls', '--format', '{{.Name}}').filter((name) => name.includes(NAME))).toEqual([]);
  expect(docker('volume', 'ls', '--format', '{{.Name}}').filter((name) => name.includes(NAME))).toEqual([]);
  expect(existsSync(join(cwd, '.mex'))).toBe(false);
}
