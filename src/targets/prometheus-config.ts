/**
 * How Prometheus is to scrape the servers and which rules it works out, on this machine and in a cluster: one source for
 * `manifests/prometheus/` and for the Prometheus that mex starts. Pure; the answer is JSON, which is YAML too.
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
      scrape_interval: `${intervalMs}ms`,
      scrape_timeout: `${intervalMs * TIMEOUT_SHARE}ms`,
      evaluation_interval: EVALUATION_INTERVAL,
    },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: SCRAPE_JOB, ...discoveryOf(place) }],
  };
}

function discoveryOf(place: Place): object {
  if (place.kind === 'local') return { file_sd_configs: [{ files: [place.targetsFile], refresh_interval: '1s' }] };
  return {
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [place.namespace] } }],
    relabel_configs: PODS_BY_ANNOTATION,
  };
}

/** `prometheus.io/scrape`, `port` and `path`; a pod that has ended is none. */
const PODS_BY_ANNOTATION = [
  { source_labels: [annotation('scrape')], action: 'keep', regex: 'true' },
  { source_labels: ['__meta_kubernetes_pod_phase'], action: 'drop', regex: 'Pending|Succeeded|Failed|Completed' },
  { source_labels: [annotation('path')], action: 'replace', regex: '(.+)', target_label: '__metrics_path__' },
  {
    source_labels: ['__meta_kubernetes_pod_ip', annotation('port')],
    action: 'replace',
    regex: '(.+);(.+)',
    replacement: '$1:$2',
    target_label: '__address__',
  },
  { source_labels: ['__meta_kubernetes_namespace'], action: 'replace', target_label: 'namespace' },
  { source_labels: ['__meta_kubernetes_pod_name'], action: 'replace', target_label: 'pod' },
  { source_labels: ['__meta_kubernetes_pod_label_app'], action: 'replace', target_label: 'app' },
];

function annotation(name: string): string {
  return `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
}

/** One process as file discovery wants it: https://prometheus.io/docs/prometheus/latest/configuration/ */
export function fileTarget({ name, metricsUrl }: { name: string; metricsUrl: string }): object {
  const { host, pathname } = new URL(metricsUrl);
  return { targets: [host], labels: { __metrics_path__: pathname, process: name } };
}
