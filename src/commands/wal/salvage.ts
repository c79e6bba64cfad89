import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { Salvage } from '../../engine/inspect/salvage-log.ts';

export default class WalSalvage extends BaseCommand {
  static override summary = 'save what comes before the damage of a log, and give up what lies behind it';
  static override description =
    'Copies everything up to the first damage to a new folder that an engine can start from. Acknowledged orders ' +
    'behind the damage are lost by that: it says how many. The damaged folder is not touched.';
  static override examples = ['<%= config.bin %> wal salvage /tmp/wal --to /tmp/wal.salvaged'];
  static override args = { path: Args.string({ description: 'folder of the shard (WAL_PATH)', required: true }) };
  static override flags = { to: Flags.string({ description: 'a new folder', required: true }) };

  async run(): Promise<Salvage> {
    const { args, flags } = await this.parse(WalSalvage);
    const [{ salvageLog }, { systemDisk }] = await Promise.all([
      import('../../engine/inspect/salvage-log.ts'),
      import('../../engine/wal/disk.ts'),
    ]);
    const { to, lastSequence, damage, givenUp } = await salvageLog(args.path, flags.to, systemDisk);
    const salvage = { to, lastSequence, damage, givenUp };
    this.log(damage ?? 'No damage found: all was copied.');
    this.log(`saved     sequence up to ${lastSequence}, in ${to}`);
    if (givenUp.commands > 0) {
      this.log(
        `GIVEN UP  ${givenUp.commands} commands in ${givenUp.frames} whole frames behind it, up to sequence ${givenUp.lastSequence}, and what was in the damage itself`,
      );
    }
    return salvage;
  }
}
