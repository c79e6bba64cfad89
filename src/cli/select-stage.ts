/** What an experiment runs with, by the choices that were made: where, what sends, what measures. */
import type { Stage } from '../runner/run-phase.ts';
import type { Use } from '../targets/kubernetes/reach.ts';
import type { LocalTargetOptions } from '../targets/local/local-target.ts';
import type { TargetName } from '../targets/select-target.ts';
import type { ClusterStage } from './cluster-stage.ts';
import type { LoadChoice } from './load-flags.ts';
import type { MetricsChoice } from './select-metrics.ts';

export interface StageChoice {
  /** Absent: none is sent. */
  load?: LoadChoice;
  /** Of the local target; a cluster has its Prometheus. */
  metrics?: MetricsChoice;
  local?: LocalTargetOptions;
  /** Of a cluster: what the command does with a deployment. */
  uses: readonly Use[];
}

export type SelectedStage = Stage & Partial<ClusterStage>;

export async function selectStage(
  target: TargetName,
  { load, metrics, local, uses }: StageChoice,
): Promise<SelectedStage> {
  if (target === 'local') {
    const { localStage } = await import('./local-stage.ts');
    return localStage(load?.driver ?? 'embedded', metrics, local);
  }
  const { clusterStage } = await import('./cluster-stage.ts');
  return clusterStage(load, uses);
}
