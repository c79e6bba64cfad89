/** The dashboard as it is built, and the files that are made from it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import type { Panel, Property } from '../../../src/dashboard/grafana/classic-json.ts';
import { experimentDashboard } from '../../../src/dashboard/grafana/experiment-dashboard.ts';
import { startHint } from '../../../src/dashboard/grafana/grafana-hints.ts';
import { K6_TREND_STATS } from '../../../src/dashboard/grafana/k6-panels.ts';
import { METRIC } from '../../../src/protocol/metrics.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MANIFESTS = join(ROOT, 'manifests/grafana');
const dashboard = experimentDashboard();
const { panels } = dashboard;
const byTitle = (title: string): Panel => {
  const found = panels.find((panel) => panel.title === title);
  if (found === undefined) throw new Error(`no panel ${title}`);
  return found;
};

/** Names of the series that a panel can draw. */
function namesOf({ targets }: Panel): string[] {
  return targets.flatMap(({ legendFormat }) =>
    legendFormat.includes('{{shard}}')
      ? ['a', 'b', 'c'].map((shard) => legendFormat.replace('{{shard}}', shard))
      : legendFormat.replace('{{scenario}}', 'steady_orders'),
  );
}

/** What a panel's overrides make of a series, the last one winning as in Grafana. */
function propertiesOf({ fieldConfig }: Panel, name: string): Partial<Record<Property['id'], unknown>> {
  const own = fieldConfig.overrides.filter(({ matcher }) => regexOf(matcher.options).test(name));
  return Object.fromEntries(own.flatMap(({ properties }) => properties.map(({ id, value }) => [id, value])));
}

/** Grafana takes what stands between slashes for a pattern, and the rest for a whole name. */
function regexOf(options: string): RegExp {
  const [, source = ''] = /^\/(.+)\/$/.exec(options) ?? [];
  expect(source, options).not.toBe('');
  return new RegExp(source);
}

const linesOf = ({ fieldConfig }: Panel): (number | null)[] =>
  fieldConfig.defaults.thresholds?.steps.map(({ value }) => value) ?? [];

describe('the dashboard', () => {
  it('is the one of the contract', () => {
    expect(dashboard).toMatchObject({
      uid: 'me-experiment',
      title: 'Matching Engine Experiment',
      refresh: '5s',
      time: { from: 'now-15m', to: 'now' },
    });
    expect(dashboard.schemaVersion).toBeLessThanOrEqual(42);
    expect(panels.map(({ title, gridPos }) => [title, gridPos.x, gridPos.y])).toEqual([
      ['Matching latency by shard', 0, 0],
      ['Match throughput', 12, 0],
      ['Latency budget by part', 0, 10],
      ['Saturation', 12, 10],
      ['k6 request rate', 0, 20],
      ['k6 end-to-end latency', 12, 20],
    ]);
    for (const { gridPos } of panels) expect(gridPos).toMatchObject({ w: 12, h: 10 });
  });

  it('draws the limits of the contract as lines, on an axis that reaches them', () => {
    const latency = byTitle('Matching latency by shard');
    expect(linesOf(latency)).toEqual([null, 0.05, 0.2]);
    expect(latency.fieldConfig.defaults).toMatchObject({ unit: 's', min: 0.0001, max: 1 });
    expect(latency.fieldConfig.defaults.custom.scaleDistribution).toEqual({ type: 'log', log: 10 });
    const throughput = byTitle('Match throughput');
    expect(linesOf(throughput)).toEqual([null, 1_000, 5_000]);
    expect(throughput.fieldConfig.defaults.custom.axisSoftMax).toBeGreaterThan(5_000);
    const endToEnd = byTitle('k6 end-to-end latency');
    expect(linesOf(endToEnd)).toEqual([null, 0.2]);
    for (const panel of [latency, throughput, endToEnd]) {
      expect(panel.fieldConfig.defaults.custom.thresholdsStyle).toEqual({ mode: 'dashed' });
    }
    expect(propertiesOf(byTitle('Saturation'), 'longest GC pause')).toMatchObject({
      unit: 's',
      thresholds: { steps: [{ value: null }, { value: 0.005 }, { value: 0.01 }] },
      'custom.thresholdsStyle': { mode: 'dashed' },
    });
  });

  it('stacks the parts of a match in the order an order meets them, and draws the whole over them', () => {
    const budget = byTitle('Latency budget by part');
    expect(namesOf(budget)).toEqual(['validation', 'log', 'insertion', 'matching', 'publish', 'whole']);
    expect(budget.fieldConfig.defaults.custom.stacking).toMatchObject({ mode: 'normal' });
    expect(propertiesOf(budget, 'log')).not.toHaveProperty('custom.stacking');
    expect(propertiesOf(budget, 'whole')['custom.stacking']).toMatchObject({ mode: 'none' });
  });

  it('gives each quantity of the saturation a unit and an axis of its own', () => {
    const saturation = byTitle('Saturation');
    const units = namesOf(saturation).map((name) => propertiesOf(saturation, name).unit);
    expect(units).toEqual(['s', 'percentunit', 'short', 'bytes']);
  });

  it.each(['shard a', 'shard b', 'shard c'])('has %s in one color everywhere, and no other series in it', (title) => {
    const shard = title.at(-1);
    const colorsOf = (isShard: boolean): string[] =>
      panels.flatMap((panel) =>
        namesOf(panel)
          .filter((name) => (name.split(' ')[0] === shard) === isShard)
          .map((name) => JSON.stringify(propertiesOf(panel, name).color)),
      );
    const [color, ...others] = new Set(colorsOf(true));
    expect(color).toContain('fixed');
    expect(others).toEqual([]);
    expect(colorsOf(false)).not.toContain(color);
  });

  it('tells on the k6 panels what k6 must be told, and that its statistics count from the start, in seconds', () => {
    for (const title of ['k6 request rate', 'k6 end-to-end latency']) {
      expect(byTitle(title).description).toContain(`K6_PROMETHEUS_RW_TREND_STATS='${K6_TREND_STATS}'`);
    }
    expect(byTitle('k6 end-to-end latency').description).toMatch(/since the start of the test/);
    expect(byTitle('k6 end-to-end latency').fieldConfig.defaults.unit).toBe('s');
  });
});

describe.each(panels.map((panel) => [panel.title, panel] as const))('the panel "%s"', (_title, panel) => {
  it('says what it is, has a unit and a name for its axis, and draws no line where there is no data', () => {
    const { unit, custom } = panel.fieldConfig.defaults;
    expect(panel.description).toMatch(/^.{80,}\.$/);
    expect({ unit, label: custom.axisLabel }).toEqual({ unit: expect.any(String), label: expect.any(String) });
    expect(custom.spanNulls).toBe(false);
  });

  it('has another name for each series, and an override for none that it cannot draw', () => {
    const names = namesOf(panel);
    expect(new Set(names).size).toBe(names.length);
    for (const { matcher } of panel.fieldConfig.overrides) {
      expect(names.filter((name) => regexOf(matcher.options).test(name)).length, matcher.options).toBeGreaterThan(0);
    }
  });

  it('asks for what the engine has, the rules record, or k6 pushes, and for nothing else', () => {
    const metrics = new Set<string>(Object.values(METRIC));
    const rules = readFileSync(join(ROOT, 'manifests/prometheus/recording-rules.yml'), 'utf8');
    const recorded: string[] = parse(rules).groups[0].rules.map(({ record }: { record: string }) => record);
    const pushed = ['k6_http_reqs_total', 'k6_dropped_iterations_total'];
    for (const statistic of K6_TREND_STATS.replace(/[()]/g, '').split(',')) {
      pushed.push(`k6_http_req_duration_${statistic}`, `k6_match_latency_ms_${statistic}`);
    }
    for (const { expr } of panel.targets) {
      const named = namesIn(expr);
      expect(named.length, expr).toBeGreaterThan(0);
      for (const name of named) {
        const isMetric = metrics.has(name.replace(/_(bucket|sum|count)$/, '')) || metrics.has(name);
        expect(isMetric || recorded.includes(name) || pushed.includes(name), name).toBe(true);
      }
    }
  });
});

/** Names of metrics: what is no function, keyword, label, string, number or variable. */
function namesIn(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|on|group_left) \([^)]*\)/g, ' ');
  const words = bare.match(/[a-z_][\w:]*(?!\w*\()/gi) ?? [];
  return words.filter((word) => !['by', 'on', 'and', 'or', 'sum', 'avg', 'max'].includes(word));
}

describe('the files', () => {
  it('are what the builder makes of them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mex-dashboard-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    execFileSync(process.execPath, [join(ROOT, 'scripts/write-dashboard.js'), folder]);
    for (const name of ['me-experiment.json', 'dashboard-configmap.yaml']) {
      const made = readFileSync(join(folder, name), 'utf8');
      expect(readFileSync(join(MANIFESTS, name), 'utf8') === made, `${name}: run npm run dashboard`).toBe(true);
    }
  });

  it('hold the same dashboard for a folder and for a cluster', () => {
    const json = JSON.parse(readFileSync(join(MANIFESTS, 'me-experiment.json'), 'utf8'));
    expect(json).toEqual(JSON.parse(JSON.stringify(dashboard)));
    const configMap = parse(readFileSync(join(MANIFESTS, 'dashboard-configmap.yaml'), 'utf8'));
    expect(configMap).toMatchObject({
      kind: 'ConfigMap',
      metadata: { namespace: 'monitoring', labels: { grafana_dashboard: '1' } },
    });
    expect(JSON.parse(configMap.data['me-experiment.json'])).toEqual(json);
  });

  it('provision the data source that the dashboard opens with, from variables that the hint sets', () => {
    const provisioned = (path: string) => parse(readFileSync(join(MANIFESTS, 'provisioning', path), 'utf8'));
    const [source] = provisioned('datasources/prometheus.yaml').datasources;
    const [provider] = provisioned('dashboards/me-experiment.yaml').providers;
    const variable = dashboard.templating?.list?.find(({ name }) => name === 'datasource');
    expect(source).toMatchObject({ uid: 'prometheus', type: 'prometheus' });
    expect(variable).toMatchObject({ query: source.type, current: { text: source.name, value: source.uid } });
    const hint = startHint(new URL('http://127.0.0.1:3000'), 'linux');
    for (const value of [source.url, provider.options.path]) {
      const [, name = ''] = /^\$\{(\w+)\}$/.exec(value) ?? [];
      expect(hint).toMatch(new RegExp(`-e ${name}=\\S`));
    }
  });
});
