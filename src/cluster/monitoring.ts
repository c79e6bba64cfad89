/**
 * Prometheus and Grafana, by Helm or by the manifests. Prometheus must be ready, since verdicts are made of what it has;
 * Grafana is for looking, so that where its pod cannot start that is said, and nothing else.
 */
import { MexError } from '../errors/mex-error.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { isMade, MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import { parseManifests } from '../kubernetes/manifests.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import type { WorkloadRef } from '../kubernetes/rollout.ts';
import { locateChart, type PinnedChart, pinnedCharts, RELEASES } from './charts.ts';
import { readRecord, writeRecord } from './cluster-record.ts';
import type { StepOutcome } from './cluster-steps.ts';
import { Helm, requireHelm } from './helm.ts';
import { ensureRelease, isInstalled, isMarked } from './helm-release.ts';
import type { Platform } from './platform.ts';
import { requireChart } from './require-chart.ts';

const [, NAMESPACE] = MEX_NAMESPACES;
const PROMETHEUS: WorkloadRef = { kind: 'Deployment', name: 'prometheus', namespace: NAMESPACE };
const GRAFANA: WorkloadRef = { ...PROMETHEUS, name: 'grafana' };
/** What can be wrong with its pod; that the cluster does not answer is something else. */
const POD_TROUBLES = [
  ...['IMAGE_MISSING', 'CRASH_LOOP', 'CONTAINER_CONFIG', 'UNSCHEDULABLE', 'VOLUME_PENDING', 'POD_REFUSED'],
  ...['POD_FAILED', 'ROLLOUT_TIMEOUT'],
];

export interface MonitoringScene {
  cluster: KubeCluster;
  platform: Platform;
  folder: string;
  /** Where charts are, when not in their registries. */
  chartFolder?: string | undefined;
}

/** By Helm. @returns what changed, release by release */
export async function installCharts(
  { cluster, platform, folder, chartFolder }: MonitoringScene,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<StepOutcome[]> {
  await requireHelm(signal);
  const helm = new Helm(cluster.ref);
  const inOwnNamespace = await ownsNamespace(cluster, signal);
  const outcomes: StepOutcome[] = [];
  for (const pin of await pinnedCharts(platform.place)) {
    const { releases = [] } = (await readRecord(folder)) ?? {};
    const owned = inOwnNamespace || releases.includes(pin.release);
    const onBegin = () => rememberRelease(folder, pin.release);
    const request = { helm, pin, owned, onBegin, chart: () => chartOf(helm, pin, chartFolder, signal) };
    outcomes.push(await ensureRelease(request, report, signal));
  }
  return outcomes;
}

/** Objects of those charts that are still to be installed. */
export async function renderCharts(
  { cluster, platform, chartFolder }: MonitoringScene,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  await requireHelm(signal);
  const helm = new Helm(cluster.ref);
  const objects: KubeObject[] = [];
  for (const pin of await pinnedCharts(platform.place)) {
    if (isInstalled(await helm.status(pin.release, signal), pin)) continue;
    const text = await helm.render(pin, await chartOf(helm, pin, chartFolder, signal), signal);
    objects.push(...(await parseManifests(text, `chart ${pin.release}`)));
  }
  return objects;
}

/** Waits until they are ready, whoever installed them. */
export async function awaitMonitoring(
  cluster: KubeCluster,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  await cluster.rollout(PROMETHEUS, { report: (line) => report(`Prometheus: ${line}`) }, signal);
  try {
    await cluster.rollout(GRAFANA, { report: (line) => report(`Grafana: ${line}`) }, signal);
    return 'Prometheus and Grafana are ready';
  } catch (thrown) {
    if (!(thrown instanceof MexError) || !POD_TROUBLES.includes(thrown.code)) throw thrown;
    const [reason = ''] = thrown.message.split('\n');
    return `Prometheus is ready. Grafana is not ready: ${reason}; verdicts do not need it`;
  }
}

/** Names of mex's releases that were removed. Without helm those in a namespace of mex's own are left to go with it. */
export async function removeCharts(
  { cluster, folder }: Pick<MonitoringScene, 'cluster' | 'folder'>,
  { goWithNamespace, report }: { goWithNamespace: boolean; report: (line: string) => void },
  signal: AbortSignal,
): Promise<string[]> {
  const found = await releasesIn(cluster, signal);
  if (found.length === 0) return [];
  const inOwnNamespace = await ownsNamespace(cluster, signal);
  const { releases = [] } = (await readRecord(folder)) ?? {};
  try {
    await requireHelm(signal);
  } catch (thrown) {
    const othersOnly = !inOwnNamespace && !found.some((release) => releases.includes(release));
    if (othersOnly || (goWithNamespace && inOwnNamespace)) return [];
    throw thrown;
  }
  const helm = new Helm(cluster.ref);
  const removed: string[] = [];
  for (const release of found) {
    const state = await helm.status(release, signal);
    if (state === undefined || !(inOwnNamespace || releases.includes(release) || isMarked(state))) continue;
    report(`release ${release}`);
    await helm.uninstall(release, signal);
    removed.push(`Helm release ${NAMESPACE}/${release}`);
  }
  return removed;
}

/** Helm keeps each revision of a release in a Secret. */
async function releasesIn(cluster: KubeCluster, signal: AbortSignal): Promise<string[]> {
  const secrets = await cluster.list('Secret', { namespace: NAMESPACE, labels: { owner: 'helm' } }, signal);
  const names = secrets.map(({ metadata: { labels } }) => labels?.name);
  return RELEASES.filter((release) => names.includes(release));
}

async function ownsNamespace(cluster: KubeCluster, signal: AbortSignal): Promise<boolean> {
  const namespace = await cluster.get({ kind: 'Namespace', name: NAMESPACE }, signal);
  return namespace !== undefined && isMade(namespace);
}

async function rememberRelease(folder: string, release: string): Promise<void> {
  const record = await readRecord(folder);
  if (record === undefined || record.releases?.includes(release)) return;
  await writeRecord(folder, { ...record, releases: [...(record.releases ?? []), release] });
}

async function chartOf(
  helm: Helm,
  pin: PinnedChart,
  chartFolder: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const chart = await locateChart(pin, chartFolder);
  if (chartFolder !== undefined) await requireChart(helm, pin, chart, signal);
  return chart;
}
