/** What a run is done with: by the flags, or as the record says of a run that is gone on with. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { ClusterConditions, RunRecord } from '../report/run-record.ts';
import { TARGET_NAMES, type TargetName } from '../targets/select-target.ts';
import { DRIVERS, type LoadChoice } from './load-flags.ts';
import { flagsOfRecord, type MetricsFlags } from './select-metrics.ts';

export interface RunSettings {
  target: TargetName;
  load: LoadChoice;
  metrics: MetricsFlags;
}

/** @throws MexError for a target that this mex does not know */
export function settingsOf({ runId, config }: RunRecord): RunSettings {
  const target = TARGET_NAMES.find((name) => name === config.target);
  if (target === undefined) throw otherRun(runId, `of target ${config.target}`);
  const driver = DRIVERS.find((name) => name === config.driver) ?? 'embedded';
  const load = { driver, from: 'here', jobs: 1, ...config.load } as const;
  // A cluster is measured by its own Prometheus, whatever that is called in the record.
  return { target, load, metrics: target === 'k8s' ? {} : flagsOfRecord(config.metrics) };
}

/** The parts of a run are judged together. What a node is called may change; what it is may not. */
export function assertSameCluster({ runId, config }: RunRecord, now: ClusterConditions | undefined): void {
  const [then, found] = [conditionsOf(config.cluster), conditionsOf(now)];
  if (then !== found) throw otherRun(runId, `in ${then}, and now there is ${found}`);
}

function conditionsOf(cluster: ClusterConditions | undefined): string {
  if (cluster === undefined) return 'no cluster';
  const { context, nodes, broker, observability, image } = cluster;
  const kinds = nodes.map(({ cpu, memory, kubelet }) => `${cpu} CPU, ${memory}, ${kubelet}`).toSorted();
  return `${context} (${kinds.join('; ')}), broker ${broker}, observability ${observability}, image ${image}`;
}

function otherRun(runId: string, how: string): MexError {
  return new MexError(`Run ${runId} was measured ${how}`, {
    code: 'OTHER_CLUSTER',
    exit: EXIT.usage,
    suggestion: 'Start a new run: mex run-all',
  });
}
