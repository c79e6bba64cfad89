/** Where it runs, and which other flags make no sense there. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { TARGET_NAMES, type TargetName } from '../targets/select-target.ts';
import type { BrokerFlags } from './find-broker.ts';
import type { MetricsFlags } from './select-metrics.ts';

export const targetFlag = {
  target: Flags.option({ options: TARGET_NAMES, default: 'local' as const })({
    description: 'where it runs: on this machine, or in the cluster of mex cluster up',
  }),
};

/** @throws MexError for what a cluster has of its own */
export function refuseInCluster(target: TargetName, flags: BrokerFlags & MetricsFlags): void {
  if (target !== 'k8s') return;
  const { kafka, metrics, prometheus } = flags;
  if (kafka !== undefined) throw refused('--kafka', 'the engines publish to the broker in the cluster');
  if (metrics === 'collector') throw refused('--metrics collector', "the cluster's Prometheus measures the servers");
  if (prometheus !== undefined) throw refused('--prometheus', "the cluster's own measures the servers");
}

function refused(flag: string, why: string): MexError {
  return new MexError(`${flag} with --target k8s: ${why}`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: `Leave ${flag} out.`,
  });
}
