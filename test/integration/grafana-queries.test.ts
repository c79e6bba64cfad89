/** What the panels ask, asked of real Prometheus servers that scrape a real engine and take what real k6 pushes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import type { Panel, Target } from '../../src/dashboard/grafana/classic-json.ts';
import { experimentDashboard } from '../../src/dashboard/grafana/experiment-dashboard.ts';
import { K6_TREND_STATS } from '../../src/dashboard/grafana/k6-panels.ts';
import { K6, noK6 } from '../real-k6.ts';
import { PROMETHEUS, type RealPrometheus, startPrometheus } from '../real-prometheus.ts';
import { skipped } from '../skipped.ts';
import { startEngineProcess, temporaryFolder } from './engine-process.ts';
import { trade } from './trade.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ANSWERED_MS_MAX = 60_000;
/** As `$__rate_interval` of a data source that is provisioned with this. */
const RATE_INTERVAL_SECONDS = 4 * Number.parseInt(scrapeInterval(), 10);

const { panels, templating } = experimentDashboard();
const withoutK6 = skipped(noK6 !== undefined, 'the queries of the k6 panels', `${noK6}`);
const isAsked = ({ expr }: Target): boolean => !(withoutK6 && expr.includes('k6_'));
const queries = panels.flatMap((panel) => panel.targets.filter(isAsked).map((target) => ({ panel, target })));

describe.each(PROMETHEUS)('with $name', (version) => {
  const missing = skipped(version.missing !== undefined, `the dashboard with ${version.name}`, `${version.missing}`);

  it.skipIf(missing)('every query of every panel has numbers for an answer, and no complaint', async () => {
    const { prometheusUrl, engineUrl } = await startEverything(version);
    const everyAnswer = async (): Promise<void> => {
      await trade(engineUrl, 20);
      for (const { panel, target } of queries) expectNumbers(await ask(prometheusUrl, target, panel), target);
    };
    await vi.waitFor(everyAnswer, { timeout: ANSWERED_MS_MAX, interval: 500 });
    expect(await shardsToChoose(prometheusUrl)).toEqual(['a', 'b']);
  });

  it.skipIf(missing || withoutK6)('what k6 dropped, and what was refused of it, is counted', async () => {
    const { prometheusUrl } = await startEverything(version, 'test/fixtures/k6/overwhelmed.js');
    const counted = async (): Promise<void> => {
      for (const name of ['dropped so far', 'failed so far']) {
        const found = queries.find(({ target }) => target.legendFormat === name);
        if (found === undefined) throw new Error(`no query is called ${name}`);
        const { data } = await ask(prometheusUrl, found.target, found.panel);
        expect(Math.max(...data.result.flatMap(valuesOf)), name).toBeGreaterThan(0);
      }
    };
    await vi.waitFor(counted, { timeout: ANSWERED_MS_MAX, interval: 500 });
  });
});

/** Two engines, one of them idle; a Prometheus that scrapes them each second and has the rules; k6 if it is there. */
async function startEverything(version: RealPrometheus, script = 'k6/test-asr1-a2-normal-load.js') {
  const engine = await startEngineProcess(await temporaryFolder());
  const idle = await startEngineProcess(await temporaryFolder(), { SHARD_ID: 'b' });
  const targets = [engine, idle].map(({ metricsUrl }) => new URL(metricsUrl).host);
  const { url } = await startPrometheus(version, {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    rule_files: [join(ROOT, 'manifests/prometheus/recording-rules.yml')],
    scrape_configs: [{ job_name: 'engine', static_configs: [{ targets }] }],
  });
  if (!withoutK6) pushFromK6(script, engine.url, url);
  return { prometheusUrl: url, engineUrl: engine.url };
}

/** For as long as the test takes. */
function pushFromK6(script: string, engineUrl: string, prometheusUrl: string): void {
  const environment = { ME_SHARD_A_URL: engineUrl, ENGINE_URL: engineUrl };
  const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const argv = ['run', '--quiet', '--no-usage-report', '-o', 'experimental-prometheus-rw', ...variables, script];
  const child = spawn(K6, argv, {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      ...process.env,
      K6_PROMETHEUS_RW_SERVER_URL: `${prometheusUrl}/api/v1/write`,
      K6_PROMETHEUS_RW_PUSH_INTERVAL: '1s',
      K6_PROMETHEUS_RW_TREND_STATS: K6_TREND_STATS,
    },
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
}

interface Answer {
  status: string;
  warnings?: string[];
  infos?: string[];
  data: { result: Series[] };
}
interface Series {
  metric: Record<string, string>;
  values: [number, string][];
}

/** As Grafana does for the last quarter of an hour, all shards being chosen. */
async function ask(prometheusUrl: string, { expr }: Target, { interval }: Panel): Promise<Answer> {
  const stepSeconds = Number.parseInt(interval ?? '', 10);
  const end = Math.floor(Date.now() / 1e3 / stepSeconds) * stepSeconds;
  const query = expr.replaceAll('$shard', '.*').replaceAll('$__rate_interval', `${RATE_INTERVAL_SECONDS}s`);
  expect(query).not.toContain('$');
  const body = new URLSearchParams({ query, start: `${end - 900}`, end: `${end}`, step: `${stepSeconds}` });
  return (await fetch(`${prometheusUrl}/api/v1/query_range`, { method: 'POST', body })).json() as Promise<Answer>;
}

function expectNumbers(answer: Answer, { expr, legendFormat }: Target): void {
  expect(answer, expr).toMatchObject({ status: 'success' });
  expect({ expr, warnings: answer.warnings, infos: answer.infos }).toEqual({ expr });
  const { result } = answer.data;
  expect(result.flatMap(valuesOf).filter(Number.isFinite).length, `numbers of ${expr}`).toBeGreaterThan(0);
  for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
    for (const { metric } of result) expect(metric[label], `${label} of ${expr}`).toBeTruthy();
  }
}

function valuesOf({ values }: Series): number[] {
  return values.map(([, value]) => Number(value));
}

/** The values that the variable of that name offers. */
async function shardsToChoose(prometheusUrl: string): Promise<unknown> {
  const variable = templating?.list?.find(({ name }) => name === 'shard');
  const [, metric = '', label = ''] = /label_values\((\w+), (\w+)\)/.exec(JSON.stringify(variable?.query)) ?? [];
  const match = new URLSearchParams({ 'match[]': metric });
  const response = await fetch(`${prometheusUrl}/api/v1/label/${label}/values?${match}`);
  return ((await response.json()) as { data: unknown }).data;
}

function scrapeInterval(): string {
  const file = join(ROOT, 'manifests/grafana/provisioning/datasources/prometheus.yaml');
  return parse(readFileSync(file, 'utf8')).datasources[0].jsonData.timeInterval;
}
