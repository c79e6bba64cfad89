import { relative } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { Deployment } from '../../targets/target.ts';

export default class DeploySingle extends BaseCommand {
  static override summary = 'start one shard with its collector';
  static override description =
    'Shard a, alone. From multi, shards b and c and the gateway are stopped, and shard a keeps running. Running it again changes nothing.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {
    target: Flags.option({ options: ['local'] as const, default: 'local' as const })({ description: 'where to run' }),
  };

  async run(): Promise<{ deployment: Deployment; changed: boolean }> {
    const { flags } = await this.parse(DeploySingle);
    const { describeDeployment, selectTarget } = await import('../../targets/select-target.ts');
    const target = selectTarget(flags.target);
    const result = await target.deploy('single', this.signal);
    const logsFolder = relative('', `${target.folder}/logs`);
    this.log(describeDeployment(result.deployment, logsFolder));
    this.log(result.changed ? 'Deployed: single.' : 'Nothing changed: single ran already.');
    return result;
  }
}
