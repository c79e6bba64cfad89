/**
 * How Prometheus is to scrape the servers and which rules it works out, on this machine and in a cluster: one source for
 * the files in `manifests/prometheus/` and for the Prometheus that mex starts. Pure.
 */
import { SCRAPE_INTERVAL_MS } from '../protocol/metrics.ts';

/** Where the targets are found: in a file that mex keeps up to date, or by asking the cluster for annotated pods. */
export type Place = { kind: 'local'; targetsFile: string } | { kind: 'kubernetes'; namespace: string };

/** A scrape that takes longer than this share of the interval has failed, as with the embedded collector. */
const TIMEOUT_SHARE = 0.8;
/** The rules' own interval: what a person looks at needs no more. */
const EVALUATION_INTERVAL = '5s';
export const SCRAPE_JOB = 'matching-engine';

export function prometheusConfig(place: Place, rulesFile: string): object {
  const intervalMs = SCRAPE_INTERVAL_MS[place.kind];
  return {
    global: {
      scrape_interval: duration(intervalMs),
      scrape_timeout: duration(intervalMs * TIMEOUT_SHARE),
      evaluation_interval: EVALUATION_INTERVAL,
    },
    ...(place.kind === 'kubernetes' && { storage: LATE_WRITES }),
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: SCRAPE_JOB, ...discoveryOf(place) }],
  };
}

/** k6 pushes, perhaps from several pods, and what it sends may be late. */
const LATE_WRITES = { tsdb: { out_of_order_time_window: '5m' } };

function discoveryOf(place: Place): object {
  if (place.kind === 'local') return { file_sd_configs: [{ files: [place.targetsFile], refresh_interval: '1s' }] };
  return {
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [place.namespace] } }],
    relabel_configs: ANNOTATED_PODS,
  };
}

const POD = '__meta_kubernetes_pod';
const ANNOTATION = `${POD}_annotation_prometheus_io`;

/**
 * A pod that has ended keeps its entry for a while. All ports of a pod become the same target, which is scraped once. The
 * pod's name is the instance, so that a pod that was made anew shows as a restart. No label `shard`: the metrics have it
 * themselves, and the gateway's name the shard that a request went to.
 */
const ANNOTATED_PODS = [
  { source_labels: [`${ANNOTATION}_scrape`], regex: 'true', action: 'keep' },
  { source_labels: [`${POD}_phase`], regex: 'Succeeded|Failed', action: 'drop' },
  {
    source_labels: [`${POD}_ip`, `${ANNOTATION}_port`],
    regex: '(.+);(\\d+)',
    replacement: '$1:$2',
    target_label: '__address__',
  },
  { source_labels: [`${ANNOTATION}_path`], regex: '(.+)', target_label: '__metrics_path__' },
  { source_labels: [`${POD}_name`], target_label: 'instance' },
  { source_labels: [`${POD}_node_name`], target_label: 'node' },
  { source_labels: [`${POD}_label_app`], target_label: 'app' },
];

/** One process as file discovery wants it: https://prometheus.io/docs/prometheus/latest/configuration/ */
export function fileTarget({ name, metricsUrl }: { name: string; metricsUrl: string }): object {
  const { host, pathname } = new URL(metricsUrl);
  return { targets: [host], labels: { __metrics_path__: pathname, process: name } };
}

function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
