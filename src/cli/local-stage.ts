/** Everything that an experiment needs, on this machine. */
import type { Stage } from '../runner/run-phase.ts';
import type { LocalTargetOptions } from '../targets/local/local-target.ts';
import type { DriverName } from './load-flags.ts';
import { selectDriver } from './select-driver.ts';
import { collectorUrl, type MetricsChoice, remoteWriteOf, sourceOf } from './select-metrics.ts';

export async function localStage(
  driver: DriverName,
  metrics: MetricsChoice = { kind: 'collector' },
  options: LocalTargetOptions = {},
): Promise<Stage> {
  const [{ LocalTarget }, { CollectorSource }, { machineEvidence, snapshotMachine }] = await Promise.all([
    import('../targets/local/local-target.ts'),
    import('../telemetry/collector/collector-source.ts'),
    import('../telemetry/machine-load.ts'),
  ]);
  return {
    target: new LocalTarget({ ...options, ...(metrics.kind === 'started' && { prometheus: metrics.program }) }),
    driver: await selectDriver(driver),
    source: sourceOf(metrics),
    remoteWriteUrl: remoteWriteOf(metrics),
    // Whatever measures: what the collector keeps is there also when a Prometheus is not.
    keeper: async (deployment) => new CollectorSource(collectorUrl(deployment)),
    machine: {
      begin: async (servers) => {
        const pids = { ...servers, mex: process.pid };
        const before = await snapshotMachine(pids);
        return async (extraCpuMs) => machineEvidence(before, await snapshotMachine(pids), extraCpuMs);
      },
    },
    now: Date.now,
  };
}
