/** The driver against a fake API server: k6 is what the fake says of it. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOAD_LABEL } from '../../../src/cluster/cluster-plan.ts';
import { KubeCluster } from '../../../src/kubernetes/kube-cluster.ts';
import { K6Driver } from '../../../src/load/k6/k6-driver.ts';
import { K6JobsDriver } from '../../../src/load/k6/k6-jobs-driver.ts';
import { frameSummary } from '../../../src/load/k6/summary-frame.ts';
import type { LoadPlan, LoadProgress } from '../../../src/load/load-driver.ts';
import { type FakeK6, FakeK6Jobs, loadLabels } from '../../fixtures/kube/fake-k6-jobs.ts';
import { orderLine, type SummaryCounts, summaryText } from '../../fixtures/load/k6-output.ts';
import { connectEach, EVERY_MS, NAMESPACE, never } from '../../kubernetes/connect.ts';

const connection = connectEach();
let folder: string;
let cluster: KubeCluster;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mex-k6-jobs-'));
  cluster = await KubeCluster.open({ context: 'k3d-test', kubeconfig: connection.kubeconfig });
});
afterEach(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

/** Ten orders in 100 ms. */
const planOf = (changes: Partial<LoadPlan> = {}): LoadPlan => ({
  ...{ idPrefix: 'fine', k6Script: 'test-asr1-a2-normal-load.js', seed: 1, vusMax: 1, rawFlows: ['orders'] },
  phase: {
    name: 'steady',
    flows: [{ name: 'orders', shards: ['a'], stages: [{ durationMs: 100, fromPerSecond: 100, toPerSecond: 100 }] }],
    seed: { ordersPerSymbol: 1, levels: 1 },
  },
  ...{
    ordersUrl: 'http://127.0.0.1:1',
    ordersUrlInside: 'http://me-shard-a:8080',
    seedUrls: { a: 'http://127.0.0.1' },
  },
  ...{ adminToken: 'secret', logs: { folder, name: 'a2-steady-r1' }, testId: 'run/a2/steady' },
  ...changes,
});

interface Ran {
  jobs?: number;
  plan?: Partial<LoadPlan>;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

let fake: FakeK6Jobs;
function run(k6: (index: number) => FakeK6, { jobs = 1, plan = {}, signal = never, onProgress }: Ran = {}) {
  fake = new FakeK6Jobs(connection.server, k6);
  const driver = new K6JobsDriver({ cluster: async () => cluster, image: 'mex:test', jobs, everyMs: EVERY_MS });
  return driver.run(planOf(plan), onProgress ?? (() => undefined), signal);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const framed = (counts: Partial<SummaryCounts> & { iterations: number }): string[] =>
  frameSummary(summaryText(counts), sha256).trimEnd().split('\n');

/** The share of one of several that tell of the ten orders. */
function shareOf(index: number, jobs: number, startedAtMs = 1_767_000_000_000): FakeK6 {
  const mine = Array.from({ length: 10 }, (_, n) => n).filter((n) => n % jobs === index);
  const replenished: [number, number] = jobs === 1 ? [7, 5] : index === 0 ? [4, 5] : [3, 0];
  const summary = framed({ iterations: mine.length, replenished });
  return { lines: [...mine.map((n) => orderLine(n, startedAtMs)), ...summary], end: { exitCode: 0 } };
}
const fine = (index = 0): FakeK6 => shareOf(index, 1);
const all = (): string[] => fine().lines;

/** What the driver on this machine makes of the same orders. */
async function evidenceHere() {
  const program = join(folder, 'k6');
  const fakeK6 = resolve(import.meta.dirname, '../../fixtures/load/fake-k6.ts');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${fakeK6}" "$@"\n`);
  chmodSync(program, 0o755);
  const { logs: _, ...plan } = planOf();
  return (await new K6Driver({ k6: program }).run(plan, () => undefined, never)).evidence;
}

describe('k6 in Jobs of a cluster', () => {
  it('makes of what one tells the evidence that k6 on this machine makes', async () => {
    const { evidence, brokenOff, generator, startedAtMs } = await run(fine);
    expect(brokenOff).toBeUndefined();
    expect(evidence).toEqual(await evidenceHere());
    expect(startedAtMs).toBe(1_767_000_000_000);
    // Its CPU time is none of this machine's.
    expect(generator.cpuMs).toBeNull();
    expect(fake.told).toEqual(['wait 1', 'release 1']);
    expect(fake.left).toEqual([]);
  });

  it('makes of what two tell, each by its own start, the evidence of one', async () => {
    const { evidence, brokenOff, startedAtMs, endedAtMs } = await run(
      (index) => shareOf(index, 2, 1_767_000_000_000 + index * 40),
      { jobs: 2 },
    );
    expect(brokenOff).toBeUndefined();
    const { notes, rawLatencies, ...figures } = evidence;
    const { rawLatencies: rawHere, ...figuresHere } = await evidenceHere();
    expect(figures).toEqual(figuresHere);
    expect(rawLatencies[0]?.offsetMs.toSorted((left, right) => left - right)).toEqual(rawHere[0]?.offsetMs);
    expect([startedAtMs, endedAtMs]).toEqual([1_767_000_000_000, 1_767_000_000_000 + 40 + 90 + 3]);
    expect(notes).toEqual([expect.stringContaining('2 Jobs, which began 40 ms apart')]);
    expect(fake.told.toSorted()).toEqual(['release 1', 'release 2', 'wait 1', 'wait 2']);
    // None is released before all are ready.
    expect(fake.told.slice(0, 2).toSorted()).toEqual(['wait 1', 'wait 2']);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('k6-'))
        .sort(),
    ).toEqual(
      ['job1.log', 'job1.summary.json', 'job2.log', 'job2.summary.json'].map((end) => `k6-a2-steady-r1-${end}`),
    );
  });

  it('breaks off what began too far apart to be one schedule, and stops all of it', async () => {
    const { brokenOff } = await run((index) => shareOf(index, 2, 1_767_000_000_000 + index * 251), { jobs: 2 });
    expect(brokenOff).toMatch(/^its Jobs began 251 ms apart/);
  });

  it('does not count an order that two of them sent', async () => {
    const { brokenOff } = await run(() => shareOf(0, 2), { jobs: 2 });
    expect(brokenOff).toBe('k6 sent 10 orders, and its script told what became of 5');
  });

  it('reads on where a log breaks, and is immune to a line that is told twice', async () => {
    const { evidence, brokenOff } = await run(() => ({ ...fine(), cuts: [3, 5, 9], repeats: true }));
    expect(brokenOff).toBeUndefined();
    expect(evidence).toEqual(await evidenceHere());
    expect(connection.server.seen('GET').filter(({ path }) => path.endsWith('/log'))).toHaveLength(4);
  });

  it('keeps what k6 said, and its summary whole', async () => {
    const warning = JSON.stringify({ level: 'warning', msg: 'Insufficient VUs' });
    const { evidence } = await run(() => ({ ...fine(), lines: [warning, ...all()] }));
    expect(evidence.notes).toEqual(['k6 said once: Insufficient VUs']);
    expect(readFileSync(join(folder, 'k6-a2-steady-r1.log'), 'utf8')).toMatch(/Insufficient VUs.*k6 ended with 0/s);
    expect(readFileSync(join(folder, 'k6-a2-steady-r1.summary.json'), 'utf8')).toBe(summaryText({ iterations: 10 }));
  });

  it.each([
    ['an order is lost', all().toSpliced(4, 1), 'k6 sent 10 orders, and its script told what became of 9'],
    ['the summary is lost', all().slice(0, 10), 'k6 left no summary in its log'],
    [
      'the summary is cut',
      [...all().slice(0, 10), `${all()[10]}`.slice(0, -1)],
      "k6's summary did not come as it was sent: its checksum is another",
    ],
    [
      'a line is cut',
      all().with(4, `${all()[4]}`.slice(0, 90)),
      'k6 sent 10 orders, and its script told what became of 9',
    ],
  ])('does not count a load of whose log something is missing: %s', async (_what, lines, why) => {
    const { brokenOff, evidence } = await run(() => ({ lines, end: { exitCode: 0 } }));
    expect(brokenOff).toContain(why);
    expect(evidence.sent).toBeGreaterThan(8);
  });
});

describe('a Job that does not come to its end', () => {
  it('leaves thresholds to the verdict', async () => {
    const { brokenOff } = await run(() => ({ ...fine(), end: { exitCode: 99 } }));
    expect(brokenOff).toBeUndefined();
  });

  it.each([
    [{ exitCode: 107 }, 'k6 ended with 107: its script threw an exception'],
    [{ exitCode: 137 }, 'k6 was ended by SIGKILL'],
    [
      { exitCode: 137, reason: 'OOMKilled' },
      'k6 was ended with its pod: it was killed for taking more memory than its limit (exit code 137)',
    ],
    [
      { exitCode: 105, pod: { reason: 'Evicted', message: 'The node was low on resource: memory.' } },
      'k6 was ended with its pod: Evicted: The node was low on resource: memory.',
    ],
  ])('is broken off with what was measured: %o', async (end, why) => {
    const { brokenOff, evidence } = await run(() => ({ lines: all().slice(0, 6), end }));
    expect(brokenOff).toBe(why);
    expect(evidence).toMatchObject({ sent: 6, accepted: 6 });
    expect(fake.left).toEqual([]);
  });

  it('ends the others', async () => {
    const others = { lines: shareOf(1, 2).lines.slice(0, 3), stopped: framed({ iterations: 3 }) };
    const { brokenOff, evidence } = await run(
      (index) => (index === 0 ? { lines: all().slice(0, 1), end: { exitCode: 137 } } : others),
      { jobs: 2 },
    );
    expect(brokenOff).toBe('k6 was ended by SIGKILL');
    expect(evidence.sent).toBe(4);
    expect(fake.told).toContain('stop 2');
  });

  it("is an error in k6's own words where nothing was sent", async () => {
    const said = JSON.stringify({ level: 'error', msg: 'SyntaxError: unexpected token' });
    await expect(run(() => ({ lines: [said], end: { exitCode: 107 }, endsAtOnce: true }))).rejects.toMatchObject({
      code: 'K6_FAILED',
      message: 'k6 sent nothing: k6 ended with 107: its script threw an exception: SyntaxError: unexpected token',
    });
    expect(fake.left).toEqual([]);
  });

  it("is an error in its pod's words where its image is missing", async () => {
    const waiting = { reason: 'ErrImageNeverPull', message: 'not present' };
    const status = {
      phase: 'Pending',
      containerStatuses: [{ name: 'k6', image: 'grafana/k6:2.2.0', ready: false, restartCount: 0, state: { waiting } }],
    };
    await expect(run((index) => (index === 1 ? { lines: [], status } : fine()), { jobs: 2 })).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringContaining('grafana/k6:2.2.0: ErrImageNeverPull: not present'),
    });
    expect(fake.left).toEqual([]);
    expect(readFileSync(join(folder, 'k6-a2-steady-r1-job1.log'), 'utf8')).toContain('ErrImageNeverPull');
  });

  it.each([
    [-3_700, /^The clock of pod k6-\w+-1-pod is 3\.\d s behind that of this machine$/],
    [2_500, /^The clock of pod k6-\w+-1-pod is 2\.\d s ahead of that of this machine$/],
  ])('is not released where the clock of its pod is another: %i ms', async (clockAheadMs, message) => {
    await expect(run(() => ({ ...fine(), clockAheadMs }))).rejects.toMatchObject({
      code: 'CLOCKS_DIFFER',
      message: expect.stringMatching(message),
    });
    expect(fake.told).toEqual(['wait 1']);
    expect(fake.left).toEqual([]);
  });

  it('is broken off where one of several cannot be released', async () => {
    const one = { lines: shareOf(0, 2).lines.slice(0, 2), stopped: framed({ iterations: 2 }) };
    const two = { lines: [], stopped: framed({ iterations: 0 }), refuses: 'release' };
    const { brokenOff } = await run((index) => (index === 0 ? one : two), { jobs: 2 });
    expect(brokenOff).toMatch(
      /^k6 could not be released: k6 in pod k6-\w+-2-pod could not be told to release: it ended with 107: nothing there$/,
    );
  });
});

describe('stopped by a person', () => {
  it('lets k6 end in good order, and gives what was measured', async () => {
    const stopping = new AbortController();
    const told = JSON.stringify({ level: 'error', msg: 'test run stopped from REST API' });
    const stopped = [...all().slice(6, 7), told, ...framed({ iterations: 7 })];
    const { brokenOff, evidence } = await run(() => ({ lines: all().slice(0, 6), stopped }), {
      signal: stopping.signal,
      onProgress: ({ sent }) => {
        if (sent === 6) stopping.abort(new Error('Ctrl-C'));
      },
    });
    expect(brokenOff).toBe('the load was stopped');
    expect(evidence.notes).toBeUndefined();
    expect(evidence.sent).toBe(7);
    expect(fake.told.at(-1)).toBe('stop 1');
    expect(fake.left).toEqual([]);
  });

  it('sends nothing where it had not begun, and leaves nothing', async () => {
    const stopping = new AbortController();
    const status = { phase: 'Pending', containerStatuses: [] };
    const running = run(() => ({ lines: [], status }), { signal: stopping.signal });
    await expect.poll(() => fake.jobs.length).toBe(1);
    stopping.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    expect(fake.left).toEqual([]);
  });
});

describe('what goes into the cluster', () => {
  it('is the Job that a person applies, but for its phase, its images and its share', async () => {
    await run((index) => shareOf(index, 2), { jobs: 2 });
    const [first] = fake.jobs as { spec?: never; [field: string]: unknown }[];
    expect(first).toMatchObject({
      metadata: { labels: { app: 'k6', ...loadLabels } },
      spec: {
        backoffLimit: 0,
        template: {
          metadata: { labels: { app: 'k6', ...loadLabels } },
          spec: {
            securityContext: { runAsNonRoot: true },
            affinity: {
              nodeAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  { preference: { matchExpressions: [{ key: LOAD_LABEL, operator: 'In', values: ['true'] }] } },
                ],
              },
              podAntiAffinity: expect.anything(),
            },
            initContainers: [{ image: 'mex:test', command: ['cp', '-r', '/app/k6', '/app/src', '/scripts'] }],
            containers: [{ image: 'grafana/k6:2.2.0', resources: { limits: { cpu: '1' } } }],
            volumes: [{ name: 'scripts' }, { name: 'plan', configMap: { name: expect.stringMatching(/^k6-\w{8}$/) } }],
          },
        },
      },
    });
    const containerOf = (job: unknown) =>
      (job as { spec: { template: { spec: { containers: { args: string[]; env: { name: string }[] }[] } } } }).spec
        .template.spec.containers[0];
    const { args = [], env = [] } = containerOf(fake.jobs[1]) ?? {};
    const words = args.join(' ');
    expect(words).toMatch(
      /^run --paused --address 127\.0\.0\.1:6565 --execution-segment 1\/2:1 --execution-segment-sequence 0,1\/2,1 --tag load_job=2 /,
    );
    expect(words).toMatch(
      / -e PLAN=\/plan\/plan\.json -o experimental-prometheus-rw --tag testid=run\/a2\/steady \/scripts\/k6\/test-asr1-a2-normal-load\.js$/,
    );
    const named = Object.fromEntries(env.map((one) => [one.name, one]));
    expect(named.SUMMARY).toMatchObject({ value: 'framed' });
    expect(named.ADMIN_TOKEN).toMatchObject({ valueFrom: { secretKeyRef: { name: 'mex-admin-token', key: 'token' } } });
    expect(named.K6_PROMETHEUS_RW_SERVER_URL).toMatchObject({
      value: 'http://prometheus.monitoring:9090/api/v1/write',
    });
    expect(Object.keys(named)).not.toContain('TIME_SCALE');
    expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
  });

  it('is the plan as pods see it, without the secret', async () => {
    await run(fine);
    const { data } = fake.configMap as unknown as { data: Record<string, string> };
    const plan = JSON.parse(`${data['plan.json']}`);
    expect(plan).toMatchObject({ ordersUrl: 'http://me-shard-a:8080', idPrefix: 'fine', phase: planOf().phase });
    expect(JSON.stringify(data)).not.toMatch(/secret|127\.0\.0\.1/);
  });

  it('is nothing where pods cannot reach the servers, or the plan is too long', async () => {
    const { ordersUrlInside: _, ...outside } = planOf();
    const driver = new K6JobsDriver({ cluster: async () => cluster, image: 'mex:test', jobs: 1 });
    await expect(driver.run(outside, () => undefined, never)).rejects.toMatchObject({ code: 'NOT_IN_CLUSTER' });
    const rawFlows = Array.from({ length: 100_000 }, (_, n) => `flow-number-${n}`);
    await expect(run(fine, { plan: { rawFlows } })).rejects.toMatchObject({ code: 'PLAN_TOO_LARGE' });
    expect(connection.server.seen('PATCH')).toEqual([]);
  });

  it('is nothing of an earlier load: what a mex that was killed has left goes first, and nothing of a person', async () => {
    const { server } = connection;
    const of = (kind: 'Job' | 'ConfigMap' | 'Pod', name: string) => ({ kind, name, namespace: NAMESPACE });
    server.put(of('Job', 'k6-0000-1'), { metadata: { labels: loadLabels } });
    server.put(of('ConfigMap', 'k6-0000'), { metadata: { labels: loadLabels } });
    const labels = { ...loadLabels, 'batch.kubernetes.io/job-name': 'k6-0000-1' };
    server.put(of('Pod', 'k6-0000-1-pod'), { metadata: { labels }, status: { phase: 'Running' } });
    server.put(of('Job', 'k6'), { metadata: { labels: { app: 'k6', 'app.kubernetes.io/managed-by': 'mex' } } });
    const { brokenOff } = await run(fine);
    expect(brokenOff).toBeUndefined();
    expect(fake.left).toEqual(['Job k6']);
    const log = readFileSync(join(folder, 'k6-a2-steady-r1.log'), 'utf8');
    expect(log).toContain(`had left: Job ${NAMESPACE}/k6-0000-1, ConfigMap ${NAMESPACE}/k6-0000`);
  });

  it('is told where it cannot be removed, and the load counts all the same', async () => {
    connection.server.forbidden = ['DELETE'];
    const { evidence, brokenOff } = await run(fine);
    expect(brokenOff).toBeUndefined();
    expect(evidence.notes).toEqual([expect.stringMatching(/could not be removed: .*not allowed/)]);
  });
});
