/** `mex deploy single` and `mex deploy multi`: the same command for two shapes. */
import { relative } from 'node:path';
import type { TargetName } from '../targets/select-target.ts';
import { type Deployment, type Shape, withoutSecrets } from '../targets/target.ts';
import { ExperimentCommand, targetFlag } from './experiment-command.ts';
import { type BrokerFlags, findBroker } from './find-broker.ts';
import { realBrokerFlags } from './kafka-flag.ts';
import { type MetricsFlags, metricsFlags, selectMetrics } from './select-metrics.ts';

export const deployFlags = { ...targetFlag, ...realBrokerFlags, metrics: metricsFlags.metrics };

export abstract class DeployCommand extends ExperimentCommand {
  protected async deploy(
    shape: Shape,
    flags: BrokerFlags & MetricsFlags & { target: TargetName },
  ): Promise<{ deployment: Deployment; changed: boolean }> {
    const realBroker = await findBroker(flags);
    const { describeDeployment, selectTarget } = await import('../targets/select-target.ts');
    const metrics = await selectMetrics(flags, 'embedded');
    const target = selectTarget(flags.target, {
      ...(realBroker && { realBroker }),
      ...(metrics.kind === 'started' && { prometheus: metrics.program }),
    });
    const result = await target.deploy(shape, this.signal);
    this.log(describeDeployment(result.deployment, relative('', `${target.folder}/logs`)));
    this.log(result.changed ? `Deployed: ${shape}.` : `Nothing changed: ${shape} ran already.`);
    return { ...result, deployment: withoutSecrets(result.deployment) };
  }
}
