/** The smoke check against servers that run, and against some that do not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runSmoke } from '../../src/cli/run-smoke.ts';
import { collectorUrl } from '../../src/cli/select-metrics.ts';
import type { SmokeCheck } from '../../src/runner/smoke-checks.ts';
import { LocalTarget } from '../../src/targets/local/local-target.ts';
import type { Deployment, Endpoint } from '../../src/targets/target.ts';
import { CollectorSource } from '../../src/telemetry/collector/collector-source.ts';
import { runMex } from '../mex-process.ts';
import { pidOf } from '../pid-of.ts';

let cwd: string;
const servers: Server[] = [];
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-smoke-'));
  expect(await runMex(['deploy', 'multi'], cwd)).toMatchObject({ exit: 0 });
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await runMex(['undeploy', '--purge'], cwd);
  rmSync(cwd, { recursive: true, force: true });
});

async function serve(answer: (path: string) => Promise<{ status: number; body: string }>): Promise<string> {
  const server = createServer(async ({ url = '' }, response) => {
    const { status, body } = await answer(url);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function deployed(): Promise<Deployment> {
  const deployment = await new LocalTarget({ folder: join(cwd, '.mex') }).current();
  if (deployment === undefined) throw new Error('nothing is deployed');
  return deployment;
}

/** What fails of a deployment that is told otherwise than it is. */
async function failuresOf(deployment: Deployment): Promise<string[]> {
  const signal = AbortSignal.timeout(60_000);
  const source = new CollectorSource(collectorUrl(deployment));
  return failed(await runSmoke({ deployment, source, mayReset: false, now: Date.now, signal }));
}

const failed = (checks: SmokeCheck[]): string[] =>
  checks.filter(({ ok }) => !ok).map(({ name, found }) => `${name}: ${found}`);

async function smokeByHand(...args: string[]): Promise<{ exit: number | null; checks: SmokeCheck[] }> {
  const { exit, stdout, stderr } = await runMex(['smoke', '--json', ...args], cwd);
  expect(stderr).toBe('');
  return { exit, checks: JSON.parse(stdout).checks };
}

it('finds everything wired: a line a check, each of them looked at', async () => {
  const { exit, stdout } = await runMex(['smoke'], cwd);
  expect(exit).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const names = lines.map((line) => line.slice(2).split(/ {2}/)[0]);
  const engine = ['healthy', 'ready', 'metrics present'];
  const pair = ['a seed is taken', 'an order is accepted', 'they match', 'the events arrive'];
  expect(names).toEqual([
    ...['engine-a', 'engine-b', 'engine-c', 'gateway'].flatMap((name) => engine.map((check) => `${name}: ${check}`)),
    ...['a', 'b', 'c'].flatMap((shard) => [
      `gateway: routes the symbols of shard ${shard}`,
      ...pair.map((step) => `shard ${shard}: ${step}`),
    ]),
    ...['engine-a', 'engine-b', 'engine-c', 'gateway'].map((name) => `collector: scrapes ${name}`),
    'Grafana: reachable',
  ]);
  expect(lines.filter((line) => !line.startsWith('✓'))).toEqual([
    expect.stringMatching(/^· Grafana: reachable +not asked for: --grafana URL$/),
  ]);
});

describe('fails where', () => {
  it('a metric is missing, and names it', async () => {
    const deployment = await deployed();
    const engine = deployment.shards.b;
    if (engine === undefined) throw new Error('no shard b');
    const metricsUrl = await serve(async () => {
      const page = await (await fetch(engine.metricsUrl)).text();
      return { status: 200, body: page.replaceAll('me_gc_pause_max_seconds', 'me_renamed') };
    });
    const shards = { ...deployment.shards, b: { ...engine, metricsUrl } };
    expect(await failuresOf({ ...deployment, shards })).toEqual([
      'engine-b: metrics present: missing: me_gc_pause_max_seconds',
    ]);
  });

  it('the gateway sends a symbol to another shard than the one that owns it', async () => {
    const { gateway, ...deployment } = await deployed();
    const url = await serve(async (path) => {
      const { status, ...answer } = await fetch(`${gateway?.url}${path}`).then(async (reply) => ({
        status: reply.status,
        body: await reply.text(),
      }));
      return { status, body: path.includes('ASSET-H') ? answer.body.replace('"b"', '"c"') : answer.body };
    });
    const { name = '', metricsUrl = '', pid = 0 } = gateway ?? {};
    const failures = await failuresOf({ ...deployment, gateway: { name, url, metricsUrl, pid } });
    expect(failures).toContain('gateway: routes the symbols of shard b: the book of TEST-ASSET-H came from shard c');
    // That stand-in answers reads alone: what stands on an order is not tried.
    expect(failures).toContain('shard a: they match: not tried: "shard a: a seed is taken" failed');
  });

  it.each<[string, (path: string) => [number, string], string[]]>([
    ['answers 500', () => [500, '"oh"'], ['reachable', 'dashboard me-experiment']],
    ['is something else', () => [200, '<html>'], ['reachable', 'dashboard me-experiment']],
    ['has a broken database', () => [200, '{"database":"failing"}'], ['reachable', 'dashboard me-experiment']],
    [
      'lacks the dashboard',
      (path) => (path === '/api/health' ? [200, '{"database":"ok","version":"13.2.0"}'] : [404, '{}']),
      ['dashboard me-experiment'],
    ],
  ])('a Grafana %s', async (_what, answer, wrong) => {
    const url = await serve(async (path) => {
      const [status, body] = answer(path);
      return { status, body };
    });
    const { exit, checks } = await smokeByHand('--grafana', url);
    expect(exit).toBe(3);
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(wrong.map((check) => `Grafana: ${check}`));
  });

  it('a Grafana is not there at all', async () => {
    const { exit, checks } = await smokeByHand('--grafana', 'http://127.0.0.1:1');
    expect(exit).toBe(3);
    expect(failed(checks)[0]).toMatch(/^Grafana: reachable: No answer from http:\/\/127\.0\.0\.1:1\/api\/health/);
  });
});

describe('a Grafana', () => {
  it('with its dashboard is found, also below a path', async () => {
    const answers: Record<string, string> = {
      '/grafana/api/health': '{"database":"ok","version":"13.2.0"}',
      '/grafana/api/dashboards/uid/me-experiment': '{"dashboard":{"uid":"me-experiment","title":"Matching engine"}}',
    };
    const url = await serve(async (path) => ({
      status: answers[path] === undefined ? 404 : 200,
      body: answers[path] ?? '',
    }));
    const { exit, checks } = await smokeByHand('--grafana', `${url}/grafana/`);
    expect(exit).toBe(0);
    expect(checks.slice(-2).map(({ found }) => found)).toEqual(['healthy, 13.2.0', '"Matching engine"']);
  });

  it('that asks for a login is reachable, and says that the dashboard was not seen', async () => {
    const url = await serve(async () => ({ status: 401, body: '{"message":"Unauthorized"}' }));
    const { exit, checks } = await smokeByHand('--grafana', url);
    expect(exit).toBe(0);
    expect(checks.slice(-2).map(({ found }) => found)).toEqual([
      'reachable, behind a login',
      'reachable, behind a login: whether the dashboard is there was not seen',
    ]);
  });

  it.each(['grafana:3000', 'ftp://host', 'http://me:secret@host', ''])('at %j is refused', async (url) => {
    const { exit, stderr } = await runMex(['smoke', '--grafana', url], cwd);
    expect(stderr).toMatch(/^mex: --grafana: expected http:\/\/host:port or https:\/\/host, with no user/);
    expect(stderr).not.toContain('secret');
    expect(exit).toBe(2);
  });
});

describe('of a part that has ended', () => {
  const kill = async (pick: (deployment: Deployment) => Endpoint | undefined): Promise<void> => {
    process.kill(pidOf(pick(await deployed())), 'SIGKILL');
    await expect
      .poll(async () => pick(await deployed().catch(() => ({}) as Deployment)), { timeout: 5_000 })
      .toBe(undefined);
  };
  afterEach(async () => {
    expect(await runMex(['deploy', 'multi'], cwd)).toMatchObject({ exit: 0 });
  });

  it('it fails, and the rest is looked at: a shard', async () => {
    await kill(({ shards }) => shards?.b);
    const { exit, checks } = await smokeByHand();
    expect(exit).toBe(3);
    expect(failed(checks)).toEqual([
      'engine-b: runs: engine-b has ended. Start it again: mex deploy multi',
      expect.stringMatching(/^gateway: ready: .* answered 503/),
    ]);
    expect(checks.find(({ name }) => name === 'shard c: the events arrive')).toMatchObject({ ok: true });
  });

  it('it fails, and the rest is looked at: the broker', async () => {
    await kill(({ broker }) => broker);
    const { exit, checks } = await smokeByHand();
    expect(exit).toBe(3);
    expect(failed(checks)).toEqual(
      ['a', 'b', 'c'].map((shard) => `shard ${shard}: the events arrive: The broker has ended`),
    );
  });

  it('it fails: the collector', async () => {
    await kill(({ collector }) => collector);
    const { exit, checks } = await smokeByHand();
    expect(exit).toBe(3);
    expect(checks).toEqual([
      {
        name: 'collector: runs',
        ok: false,
        found: 'The collector has ended while other servers run. Start it again: mex deploy multi',
      },
    ]);
  });

  it('it fails: a collector that hangs', async () => {
    const { collector } = await deployed();
    process.kill(pidOf(collector), 'SIGSTOP');
    try {
      expect(failed((await smokeByHand()).checks)).toEqual(
        ['engine-a', 'engine-b', 'engine-c', 'gateway'].map((name) =>
          expect.stringMatching(new RegExp(`^collector: scrapes ${name}: The collector at .* does not answer: `)),
        ),
      );
    } finally {
      process.kill(pidOf(collector), 'SIGCONT');
    }
  });
});
