import { relative } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { Deployment } from '../../targets/target.ts';

export default class DeployMulti extends BaseCommand {
  static override summary = 'start three shards with gateway and collector';
  static override description =
    'Shards a, b and c behind the gateway. From single, shard a keeps running, with its book. Running it again changes nothing.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = {
    target: Flags.option({ options: ['local'] as const, default: 'local' as const })({ description: 'where to run' }),
  };

  async run(): Promise<{ deployment: Deployment; changed: boolean }> {
    const { flags } = await this.parse(DeployMulti);
    const { describeDeployment, selectTarget } = await import('../../targets/select-target.ts');
    const target = selectTarget(flags.target);
    const result = await target.deploy('multi', this.signal);
    const logsFolder = relative('', `${target.folder}/logs`);
    this.log(describeDeployment(result.deployment, logsFolder));
    this.log(result.changed ? 'Deployed: multi.' : 'Nothing changed: multi ran already.');
    return result;
  }
}
