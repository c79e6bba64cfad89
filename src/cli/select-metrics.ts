/** Where the servers' metrics are read: the collector that mex brings along, or a Prometheus. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { Deployment } from '../targets/target.ts';
import type { MetricsSource, SeriesKeeper } from '../telemetry/metrics-source.ts';
import type { DriverName } from './load-flags.ts';

export const METRICS = ['collector', 'prometheus'] as const;

export const metricsFlags = {
  metrics: Flags.option({ options: METRICS })({
    description:
      "what measures the servers: mex's own collector, or a Prometheus that mex starts beside it. Default: the collector; where k6 sends the load Prometheus, if it is on the PATH",
  }),
  prometheus: Flags.string({
    description:
      'a Prometheus that runs already, and scrapes the servers (.mex/prometheus/targets.json tells where they are)',
    helpValue: 'URL',
  }),
};

export interface MetricsFlags {
  metrics?: (typeof METRICS)[number] | undefined;
  prometheus?: string | undefined;
}

export type MetricsChoice =
  | { kind: 'collector' }
  | { kind: 'given'; url: string; version: string }
  | { kind: 'started'; program: string; version: string }
  /** The one that stands in the cluster. */
  | { kind: 'cluster' };

const COLLECTOR: MetricsChoice = { kind: 'collector' };

/** @throws MexError when what was asked for is not there. */
export async function selectMetrics({ metrics, prometheus }: MetricsFlags, driver: DriverName): Promise<MetricsChoice> {
  if (prometheus !== undefined) {
    if (metrics === 'collector')
      throw wrongUse('--metrics collector and --prometheus were both given', 'Leave one out.');
    return givenPrometheus(prometheus);
  }
  if (metrics === 'collector' || (metrics === undefined && driver !== 'k6')) return COLLECTOR;
  const [{ checkTool }, { readMachine }] = await Promise.all([
    import('../doctor/tool-checks.ts'),
    import('../doctor/machine.ts'),
  ]);
  const { ok, found, wanted, hint } = await checkTool('prometheus', await readMachine(process.cwd()));
  if (ok) return { kind: 'started', program: 'prometheus', version: found };
  if (metrics === undefined) return COLLECTOR;
  throw new MexError(`--metrics prometheus needs Prometheus ${wanted} on the PATH; found: ${found}`, {
    code: 'PROMETHEUS_MISSING',
    exit: EXIT.environment,
    suggestion: hint ?? 'Run: mex doctor',
  });
}

async function givenPrometheus(text: string): Promise<MetricsChoice> {
  const url = prometheusUrl(text);
  const { PrometheusApi } = await import('../telemetry/prometheus/prometheus-api.ts');
  return { kind: 'given', url, version: await new PrometheusApi(url).version() };
}

/** @throws MexError when it is no URL that can be asked. */
export function prometheusUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') {
    return url.href.replace(/\/+$/, '');
  }
  throw wrongUse(`--prometheus ${text}: expected the base URL of a Prometheus`, 'For example: http://127.0.0.1:9090');
}

/** As a run's record has it. */
export function describeMetrics(choice: MetricsChoice): string {
  if (choice.kind === 'collector') return choice.kind;
  if (choice.kind === 'cluster') return 'prometheus of the cluster';
  return `prometheus ${choice.version}${choice.kind === 'given' ? ` at ${choice.url}` : ''}`;
}

/** The flags that a run's record was made with; a record of an earlier release has none. */
export function flagsOfRecord(metrics: string | undefined): MetricsFlags {
  if (metrics === undefined || metrics === 'collector') return { metrics: 'collector' };
  const [, url] = / at (\S+)$/.exec(metrics) ?? [];
  return url === undefined ? { metrics: 'prometheus' } : { prometheus: url };
}

/** What reads, and keeps for a run's folder. */
type Source = MetricsSource & SeriesKeeper;

/** How each deployment is measured; a Prometheus is asked once for its configuration, and what time it is there. */
export function sourceOf(choice: MetricsChoice): (deployment: Deployment) => Promise<Source> {
  const connected = new Map<string, Promise<Source>>();
  return async (deployment) => {
    if (choice.kind === 'collector') {
      const { CollectorSource } = await import('../telemetry/collector/collector-source.ts');
      return new CollectorSource(collectorUrl(deployment));
    }
    const url = choice.kind === 'given' ? choice.url : deployment.prometheus?.url;
    if (url === undefined)
      throw new MexError('Prometheus has ended', { code: 'PROMETHEUS_DOWN', exit: EXIT.environment });
    const known = connected.get(url) ?? connect(url);
    connected.set(url, known);
    known.catch(() => connected.delete(url));
    return known;
  };
}

async function connect(url: string): Promise<Source> {
  const [{ PrometheusApi }, { PrometheusSource }, { requireSameClock }] = await Promise.all([
    import('../telemetry/prometheus/prometheus-api.ts'),
    import('../telemetry/prometheus/prometheus-source.ts'),
    import('../telemetry/prometheus/same-clock.ts'),
  ]);
  await requireSameClock(new PrometheusApi(url), Date.now);
  return PrometheusSource.connect(url);
}

/** @throws MexError where it does not run: a deployment without one is measured by its Prometheus. */
export function collectorUrl({ collector }: Deployment): string {
  if (collector !== undefined) return collector.url;
  throw new MexError('There is no collector', { code: 'COLLECTOR_DOWN', exit: EXIT.environment });
}

/** Where k6 pushes: into the Prometheus that measures the servers. */
export function remoteWriteOf(choice: MetricsChoice): (deployment: Deployment) => string | undefined {
  return (deployment) => {
    if (choice.kind === 'collector') return undefined;
    const url = choice.kind === 'given' ? choice.url : deployment.prometheus?.url;
    return url === undefined ? undefined : `${url}/api/v1/write`;
  };
}

function wrongUse(message: string, suggestion: string): MexError {
  return new MexError(message, { code: 'BAD_FLAG', exit: EXIT.usage, suggestion });
}
