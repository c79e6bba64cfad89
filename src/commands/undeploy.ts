import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';

export default class Undeploy extends BaseCommand {
  static override summary = 'stop the system under test';
  static override description =
    'Stops what deploy started, and nothing else. The write-ahead logs stay, and the next deploy replays them; --purge ' +
    'removes them with everything else in .mex.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --purge'];
  static override flags = {
    target: Flags.option({ options: ['local'] as const, default: 'local' as const })({ description: 'where it runs' }),
    purge: Flags.boolean({ default: false, description: 'also remove the logs and books' }),
  };

  async run(): Promise<{ stopped: string[]; purged: boolean }> {
    const { flags } = await this.parse(Undeploy);
    const { selectTarget } = await import('../targets/select-target.ts');
    const stopped = await selectTarget(flags.target).undeploy({ purge: flags.purge });
    this.log(stopped.length === 0 ? 'Nothing ran.' : `Stopped: ${stopped.join(', ')}.`);
    return { stopped, purged: flags.purge };
  }
}
