/** k6 pushes its metrics while it sends a load: into each version of Prometheus that is there, and into none. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { K6Driver } from '../../src/load/k6/k6-driver.ts';
import type { LoadPlan, LoadRun } from '../../src/load/load-driver.ts';
import { FakeEngine } from '../fixtures/load/fake-engine.ts';
import { freePort } from '../free-port.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';

const KIT = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin');
const TEST_ID = '20261122-231500-k3f9/a2/steady';
const noLoad = skipped(noK6 !== undefined, 'metrics pushed by k6', `${noK6}`);

let engine: FakeEngine;
let engineUrl: string;
beforeEach(async () => {
  engine = new FakeEngine();
  engineUrl = await engine.start();
});
afterEach(() => engine.stop());

/** 90 orders in 3 s. */
function load(remoteWriteUrl: string): Promise<LoadRun> {
  const plan: LoadPlan = {
    ...{ idPrefix: 'run-1', testId: TEST_ID, k6Script: 'test-asr1-a2-normal-load.js', seed: 7, vusMax: 60 },
    phase: {
      name: 'steady',
      flows: [{ name: 'orders', shards: ['a'], stages: [{ durationMs: 3_000, fromPerSecond: 30, toPerSecond: 30 }] }],
      seed: { ordersPerSymbol: 50, levels: 5 },
    },
    ...{ ordersUrl: engineUrl, seedUrls: { a: `${engineUrl}/seed/a` }, rawFlows: [], remoteWriteUrl },
  };
  return new K6Driver({ k6: K6 }).run(plan, () => undefined, new AbortController().signal);
}

const MEASURED = { scheduled: 90, dropped: 0, refused: 0, unknown: 0 };

describe.skipIf(noLoad).each(['prometheus', 'prometheus3'])('%s', (name) => {
  const program = existsSync(join(KIT, name)) ? join(KIT, name) : name;
  const isThere = spawnSync(program, ['--version']).status === 0;
  const missing = skipped(!isThere, `metrics pushed into ${name}`, `there is no ${name}`);
  let folder: string;
  let running: ChildProcess | undefined;
  let url: string;

  async function start(...flags: string[]): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'mex-prometheus-'));
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const places = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    running = spawn(program, [...places, `--web.listen-address=127.0.0.1:${port}`, ...flags], { stdio: 'ignore' });
    const ready = async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.status;
    await expect.poll(ready, { timeout: 20_000 }).toBe(200);
  }

  afterEach(async () => {
    if (running?.kill('SIGTERM')) await once(running, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  type Series = { metric: Record<string, string>; value: [number, string] }[];

  /** The last value of each series, also of those that were marked as ended. */
  async function last(selector: string): Promise<Series> {
    const query = new URLSearchParams({ query: `last_over_time(${selector}[2m])` });
    const reply = await fetch(`${url}/api/v1/query?${query}`);
    return ((await reply.json()) as { data: { result: Series } }).data.result;
  }

  it.skipIf(missing)('gets the series of the phase by its name, with few labels, and they end with it', async () => {
    await start('--web.enable-remote-write-receiver');
    const { evidence, brokenOff } = await load(`${url}/api/v1/write`);
    expect(brokenOff).toBeUndefined();
    expect(evidence).toMatchObject(MEASURED);
    expect(evidence.notes).toBeUndefined();

    const [orders] = await last(`k6_http_reqs_total{testid="${TEST_ID}",name="POST /orders"}`);
    expect(Number(orders?.value[1])).toBe(evidence.sent);
    for (const stat of ['p50', 'p95', 'p99', 'max', 'count']) {
      expect(await last(`k6_match_latency_ms_${stat}{testid="${TEST_ID}"}`), stat).toHaveLength(1);
    }
    const all = await fetch(`${url}/api/v1/series?${new URLSearchParams({ 'match[]': '{__name__=~"k6_.*"}' })}`);
    const { data } = (await all.json()) as { data: Record<string, string>[] };
    expect(new Set(data.map(({ testid }) => testid))).toEqual(new Set([TEST_ID]));
    const labels = [...new Set(data.flatMap((series) => Object.keys(series)))].filter((label) => label !== '__name__');
    expect(labels.sort()).toEqual(['expected_response', 'method', 'name', 'scenario', 'status', 'testid']);
    const names = new Set(data.flatMap((series) => series.name ?? []));
    for (const name of names) expect(['POST /orders', 'POST /seed', 'GET /book']).toContain(name);
    // k6 says of each that it has ended; otherwise Prometheus would go on showing it.
    const now = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: 'k6_vus' })}`);
    expect(((await now.json()) as { data: { result: Series } }).data.result).toEqual([]);
  });

  it.skipIf(missing)('that takes no pushes is told, and the load counts', async () => {
    await start();
    const { evidence, brokenOff } = await load(`${url}/api/v1/write`);
    expect(brokenOff).toBeUndefined();
    expect(evidence).toMatchObject(MEASURED);
    expect(evidence.notes).toEqual([
      expect.stringMatching(
        /^k6's remote write to http:\/\/127\.0\.0\.1:\d+\/api\/v1\/write complained \d+ times, last: .*404/,
      ),
    ]);
  });
});

it.skipIf(noLoad)('a Prometheus that is not there is told, and the load counts', async () => {
  const { evidence, brokenOff } = await load(`http://127.0.0.1:${await freePort()}/api/v1/write`);
  expect(brokenOff).toBeUndefined();
  expect(evidence).toMatchObject(MEASURED);
  expect(evidence.notes).toEqual([
    expect.stringMatching(/^k6's remote write to http.* complained \d+ times, last: .*connection refused/),
  ]);
});
