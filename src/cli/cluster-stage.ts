/**
 * Everything that an experiment needs, in a cluster. Its own Prometheus measures, and keeps for the run's folder. How busy
 * the nodes were is known only where they are this machine, and then of the whole machine alone: whose processes are in
 * which container cannot be told from here.
 */
import type { ClusterRecord } from '../cluster/cluster-record.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { LoadDriver } from '../load/load-driver.ts';
import type { MachineProbe, Stage } from '../runner/run-phase.ts';
import type { ClusterFacts } from '../targets/kubernetes/cluster-facts.ts';
import type { KubernetesTarget } from '../targets/kubernetes/kubernetes-target.ts';
import type { Use } from '../targets/kubernetes/reach.ts';
import type { LoadChoice } from './load-flags.ts';
import { selectDriver } from './select-driver.ts';
import { sourceOf } from './select-metrics.ts';

export interface ClusterStage extends Stage {
  facts(signal: AbortSignal): Promise<ClusterFacts>;
}

/**
 * @param load undefined: none is sent, and seeds are put there by hand.
 * @throws MexError exit 5 where no cluster is up, exit 2 where its load cannot come from here
 */
export async function clusterStage(load: LoadChoice | undefined, uses: readonly Use[]): Promise<ClusterStage> {
  const { KubernetesTarget } = await import('../targets/kubernetes/kubernetes-target.ts');
  const target = new KubernetesTarget({ uses });
  const { record } = await target.place();
  if (load?.from === 'here') requireNodePorts(record);
  const source = sourceOf({ kind: 'cluster' });
  return {
    target,
    driver:
      load?.from === 'cluster' ? await jobsDriver(target, load.jobs) : await selectDriver(load?.driver ?? 'embedded'),
    source,
    // Pods reach it by another name than this machine does.
    remoteWriteUrl: ({ prometheus }) => {
      const url = load?.from === 'cluster' ? prometheus?.pod?.url : prometheus?.url;
      return url === undefined ? undefined : `${url}/api/v1/write`;
    },
    keeper: source,
    machine: record.kind === 'k3d' ? wholeMachine : unknownMachine,
    now: Date.now,
    facts: (signal) => target.facts(signal),
  };
}

/** Load never goes through a port-forward: what that adds would be measured. */
function requireNodePorts(record: ClusterRecord): void {
  if (record.kind === 'k3d') return;
  throw new MexError(`The cluster of context "${record.context}" is not reached from here but by port-forwards`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'Send the load from inside it: --load-from cluster, with --driver k6.',
  });
}

async function jobsDriver(target: KubernetesTarget, jobs: number): Promise<LoadDriver> {
  const { K6JobsDriver } = await import('../load/k6/k6-jobs-driver.ts');
  const { platform } = await target.place();
  return new K6JobsDriver({ cluster: () => target.cluster(), image: platform.image, jobs });
}

const wholeMachine: MachineProbe = {
  begin: async () => {
    const { machineEvidence, snapshotMachine } = await import('../telemetry/machine-load.ts');
    const pids = { mex: process.pid };
    const before = await snapshotMachine(pids);
    return async (extraCpuMs) => {
      const found = machineEvidence(before, await snapshotMachine(pids), extraCpuMs);
      return found && { ...found, foreignShare: null };
    };
  },
};

const unknownMachine: MachineProbe = { begin: async () => async () => null };
