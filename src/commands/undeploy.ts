import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { targetFlag } from '../cli/target-flags.ts';

export default class Undeploy extends BaseCommand {
  static override summary = 'stop the system under test';
  static override description =
    'Stops what deploy started, and nothing else. The write-ahead logs stay, and the next deploy replays them; --purge ' +
    'removes them with everything else in .mex, or of a cluster the volumes they are on. A cluster itself stays.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --purge',
    '<%= config.bin %> <%= command.id %> --target k8s',
  ];
  static override flags = {
    ...targetFlag,
    purge: Flags.boolean({ default: false, description: 'also remove the logs and books' }),
  };

  async run(): Promise<{ stopped: string[]; purged: boolean }> {
    const { flags } = await this.parse(Undeploy);
    const { selectTarget } = await import('../targets/select-target.ts');
    const target = await selectTarget(flags.target);
    const stopped = await target.undeploy({ purge: flags.purge }).finally(() => target.close());
    this.log(stopped.length === 0 ? 'Nothing ran.' : `Stopped: ${stopped.join(', ')}.`);
    return { stopped, purged: flags.purge };
  }
}
