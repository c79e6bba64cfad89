/**
 * The experiment in a real cluster, shortened: pods, volumes, Kafka, Prometheus, and k6 in Jobs. One command after the
 * other, as a person gives them: each test goes on from where the one before it ended.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clusterFiles } from '../../src/cluster/cluster-record.ts';
import { KubeCluster } from '../../src/kubernetes/kube-cluster.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { freePort } from '../free-port.ts';
import { type Ended, runMex, startMex } from '../mex-process.ts';
import { K3D_ENV, NODE_IMAGE, noK3d } from '../real-k3d.ts';
import { skipped } from '../skipped.ts';
import { missedRules } from './run-shortened.ts';

const missing = skipped(noK3d !== undefined, 'the experiment in a real cluster', `${noK3d}`);
const NAME = 'mex-k8s-e2e';
const NAMESPACE = 'matching-engine';
const SHORT = ['--target', 'k8s', '--time-scale', '0.05'];
const never = new AbortController().signal;

let cwd: string;
let cluster: KubeCluster;
const env = () => ({ ...K3D_ENV, HOME: cwd });
const mex = (...args: string[]): Promise<Ended> => runMex(args, cwd, env());
const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { exit, stdout, stderr } = await mex(...args, '--json');
  expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: '' });
  return JSON.parse(stdout);
};
const docker = (...args: string[]): string[] =>
  execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
const shardA = async (): Promise<string | undefined> =>
  (await cluster.get({ kind: 'Pod', name: 'me-shard-a-0', namespace: NAMESPACE }, never))?.metadata.uid;

/** Runs a case, whatever its verdict, and gives what it left. */
async function caseRun(...args: string[]): Promise<{ record: RunRecord; exit: number | null; missed: string[] }> {
  const before = new Set(runs());
  const { exit, stderr } = await mex('test', ...args, ...SHORT);
  const [id, ...others] = runs().filter((run) => !before.has(run));
  expect({ others, exit: [0, 3, 4].includes(exit ?? -1) }, stderr).toEqual({ others: [], exit: true });
  const record = JSON.parse(readFileSync(join(cwd, 'results', `${id}`, 'run.json'), 'utf8')) as RunRecord;
  const [result] = record.judgement.cases;
  return { record, exit, missed: result === undefined ? ['not judged'] : missedRules(result) };
}

const runs = (): string[] => (existsSync(join(cwd, 'results')) ? readdirSync(join(cwd, 'results')) : []);

describe.skipIf(missing)('the experiment in a cluster', () => {
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'mex-k8s-e2e-'));
    vi.stubEnv('PATH', K3D_ENV.PATH);
    const names = ['gateway', 'engine-a', 'engine-b', 'engine-c', 'prometheus', 'grafana'];
    const ports = await Promise.all(names.map(async (name) => ['--port', `${name}=${await freePort()}`]));
    // With the network of this machine, which may be the only one that reaches the packages.
    await json('image', 'build', '--network', 'host');
    // One server and three agents, as usual: two Jobs beside three shards need the fourth node of a machine of two cores.
    const nodes = ['--name', NAME, '--k3s-image', NODE_IMAGE, ...ports.flat()];
    await json('cluster', 'up', ...nodes, '--broker', 'kafka', '--observability', 'plain');
    const { kubeconfig } = clusterFiles(join(cwd, '.mex'));
    cluster = await KubeCluster.open({ context: `k3d-${NAME}`, kubeconfig });
  });
  afterAll(async () => {
    await cluster?.close();
    await mex('cluster', 'down');
    vi.unstubAllEnvs();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('deploys once, and everything of it is wired', async () => {
    expect(await json('deploy', 'single', '--target', 'k8s')).toMatchObject({ changed: true });
    expect(await json('deploy', 'single', '--target', 'k8s')).toMatchObject({ changed: false });
    const { ok, checks } = await json('smoke', '--target', 'k8s');
    expect({ ok, checks }).toMatchObject({ ok: true });
  });

  it('counts A2, sent by k6 in a Job and measured by the Prometheus of the cluster', async () => {
    const { record, missed } = await caseRun('asr1', '--case', 'a2');
    expect(missed).toEqual([]);
    expect(record.config).toMatchObject({
      target: 'k8s',
      driver: 'k6',
      metrics: 'prometheus of the cluster',
      load: { from: 'cluster', jobs: 1 },
      cluster: { broker: 'kafka', observability: 'plain', place: 'k3d' },
    });
  });

  it('gets its other shards beside the one that is there, which keeps its pod', async () => {
    const before = await shardA();
    expect(before).toBeDefined();
    expect(await json('deploy', 'multi', '--target', 'k8s')).toMatchObject({ changed: true });
    expect(await shardA()).toBe(before);
  });

  it('counts B2 through the gateway, sent by two Jobs as one schedule', async () => {
    const { record, missed } = await caseRun('asr2', '--case', 'b2', '--load-jobs', '2');
    expect(missed).toEqual([]);
    // Each k6 may begin one more than was due, at the very end.
    const [sent = 0] = record.cases[0]?.phases.map(({ load }) => load.sent) ?? [];
    expect(sent).toBeGreaterThanOrEqual(1_260);
    expect(sent).toBeLessThanOrEqual(1_262);
    expect(record.config.load).toEqual({ from: 'cluster', jobs: 2 });
  });

  it('counts A4: the broker is stopped in its pod, and scaled to nothing, and all events are there afterwards', async () => {
    const { record, missed } = await caseRun('asr1', '--case', 'a4', '--repeat', '1');
    expect(missed).toEqual([]);
    const phases = record.cases[0]?.phases ?? [];
    expect(phases.map(({ fault }) => fault?.means)).toEqual([
      'the broker stopped by SIGSTOP in its pod',
      'the broker scaled to 0',
    ]);
    for (const { shards } of phases) expect(shards[0]?.published).toMatchObject({ repeated: 0, problems: [] });
  });

  it('loses no acknowledged order with a pod, and does not count that case', async () => {
    const before = await shardA();
    const { record, exit } = await caseRun('asr1', '--case', 'a2', '--kill-pod');
    const [result] = record.judgement.cases;
    expect({ exit, verdict: result?.verdict }).toEqual({ exit: 4, verdict: 'INVALID' });
    expect(result?.durability).toMatchObject({ verdict: 'PASS', lostMin: 0 });
    expect(await shardA()).not.toBe(before);
  });

  it('interrupted under load leaves no Job behind, and what was deployed before', async () => {
    const { child, ended, says } = startMex(['test', 'asr1', '--case', 'a2', ...SHORT], cwd, env());
    await says(/orders\/s/);
    child.kill('SIGINT');
    expect((await ended).exit).toBe(130);
    expect(await cluster.list('Job', { namespace: NAMESPACE }, never)).toEqual([]);
    expect(await shardA()).toBeDefined();
  });

  it('goes without a trace', async () => {
    expect(await json('undeploy', '--target', 'k8s', '--purge')).toMatchObject({ purged: true });
    const volumes = await cluster.list('PersistentVolumeClaim', { namespace: NAMESPACE }, never);
    expect(volumes.map(({ metadata: { name } }) => name)).toEqual(['data-broker-0']);
    await cluster.close();
    await json('cluster', 'down');
    expect(docker('ps', '--all', '--format', '{{.Names}}').filter((name) => name.includes(NAME))).toEqual([]);
    expect(docker('volume', 'ls', '--format', '{{.Name}}').filter((name) => name.includes(NAME))).toEqual([]);
    expect(existsSync(join(cwd, '.mex'))).toBe(false);
  });
});
