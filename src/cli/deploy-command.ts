/** `mex deploy single` and `mex deploy multi`: the same command for two shapes. */
import { relative, resolve } from 'node:path';
import type { LocalTargetOptions } from '../targets/local/local-target.ts';
import type { TargetName } from '../targets/select-target.ts';
import { type Deployment, type Shape, type Target, withoutSecrets } from '../targets/target.ts';
import { ExperimentCommand } from './experiment-command.ts';
import { type BrokerFlags, findBroker } from './find-broker.ts';
import { realBrokerFlags } from './kafka-flag.ts';
import { type MetricsFlags, metricsFlags, selectMetrics } from './select-metrics.ts';
import { refuseInCluster, targetFlag } from './target-flags.ts';

export const deployFlags = { ...targetFlag, ...realBrokerFlags, metrics: metricsFlags.metrics };

type DeployFlags = BrokerFlags & MetricsFlags & { target: TargetName };

export abstract class DeployCommand extends ExperimentCommand {
  protected async deploy(shape: Shape, flags: DeployFlags): Promise<{ deployment: Deployment; changed: boolean }> {
    refuseInCluster(flags.target, flags);
    const { describeDeployment, selectTarget } = await import('../targets/select-target.ts');
    let tell = (_line: string): void => {};
    const options = flags.target === 'local' ? { local: await localOptions(flags) } : {};
    const target = await selectTarget(flags.target, { ...options, report: (line) => tell(line) });
    try {
      const work = (told: (line: string) => void): ReturnType<Target['deploy']> => {
        tell = told;
        return target.deploy(shape, this.signal);
      };
      // Servers on this machine are there in a moment.
      const result = await (flags.target === 'local' ? work(tell) : this.step(`deploy ${shape}`, work));
      this.log(describeDeployment(result.deployment, relative('', resolve('.mex/logs'))));
      this.log(result.changed ? `Deployed: ${shape}.` : `Nothing changed: ${shape} ran already.`);
      return { ...result, deployment: withoutSecrets(result.deployment) };
    } finally {
      await target.close();
    }
  }
}

async function localOptions(flags: DeployFlags): Promise<LocalTargetOptions> {
  const realBroker = await findBroker(flags);
  const metrics = await selectMetrics(flags, 'embedded');
  return { ...(realBroker && { realBroker }), ...(metrics.kind === 'started' && { prometheus: metrics.program }) };
}
