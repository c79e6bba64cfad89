/**
 * `mex cluster up` is a list of steps. Each looks first and does only what is lacking, so that all of them can be run again
 * at any time: after an interruption, or because somebody wants to be sure.
 */
import { KubeCluster } from '../kubernetes/kube-cluster.ts';
import type { ClusterRef } from '../kubernetes/kube-config.ts';

export interface ClusterStep {
  title: string;
  /** Tells what it found or did, in a few words. @param report what it is at. */
  run(report: (line: string) => void, signal: AbortSignal): Promise<StepOutcome>;
}

export interface StepOutcome {
  /** False: it was so already. */
  changed: boolean;
  found: string;
}

export interface ClusterSteps {
  steps: ClusterStep[];
  session: ClusterSession;
}

/** One connection for all steps, made when the first of them needs it. */
export class ClusterSession {
  readonly ref: ClusterRef;
  #cluster: Promise<KubeCluster> | undefined;

  constructor(ref: ClusterRef) {
    this.ref = ref;
  }

  open(): Promise<KubeCluster> {
    this.#cluster ??= KubeCluster.open(this.ref);
    return this.#cluster;
  }

  async close(): Promise<void> {
    const cluster = await this.#cluster?.catch(() => undefined);
    await cluster?.close();
  }
}
