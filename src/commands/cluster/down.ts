import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { TakenDown } from '../../cluster/take-down.ts';

export default class ClusterDown extends ClusterCommand {
  static override summary = 'remove everything that mex made, and only that';
  static override description =
    "mex's own cluster goes as a whole, with the logs of its engines. From a cluster that was taken with --context what " +
    'mex made goes, which needs --yes; the cluster itself stays. It never asks.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'from a cluster that is not its own', command: '<%= config.bin %> <%= command.id %> --yes' },
  ];
  static override flags = {
    yes: Flags.boolean({ description: 'also from a cluster that somebody else keeps', default: false }),
  };

  async run(): Promise<TakenDown> {
    const { flags } = await this.parse(ClusterDown);
    const { takeDown } = await import('../../cluster/take-down.ts');
    return this.alone(async () => {
      const result = await this.step('remove the cluster', (report) =>
        takeDown(this.folder, { consent: flags.yes, report }, this.signal),
      );
      this.log(result.removed.length === 0 ? 'Nothing to remove.' : `Removed: ${result.removed.join(', ')}.`);
      if (result.left !== undefined) this.log(`Left alone: ${result.left}.`);
      return result;
    });
  }
}
