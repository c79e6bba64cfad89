import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { LogInspection } from '../../engine/inspect/count-log.ts';

export default class WalInspect extends BaseCommand {
  static override summary = 'replay an engine’s log without touching it, and count what it holds';
  static override description =
    'Also works while the engine runs. Orders (accepted as new) and matches are those since the last reset.';
  static override examples = [
    '<%= config.bin %> wal inspect /tmp/wal',
    '<%= config.bin %> wal inspect /tmp/wal --json',
  ];
  static override flags = {
    find: Flags.string({
      description: 'an order to look for: how many of them were placed since the last reset',
      helpValue: 'ORDER_ID',
      multiple: true,
    }),
  };
  static override args = { path: Args.string({ description: 'folder of the shard (WAL_PATH)', required: true }) };

  async run(): Promise<LogInspection> {
    const { args, flags } = await this.parse(WalInspect);
    const [{ countLog }, { systemDisk }] = await Promise.all([
      import('../../engine/inspect/count-log.ts'),
      import('../../engine/wal/disk.ts'),
    ]);
    const log = await countLog(args.path, systemDisk, flags.find);
    const { place, cancel, amend, seed, reset } = log.commands;
    const begins = log.snapshot === 0 ? '' : `, behind the snapshot of ${log.snapshot}`;
    this.log(`shard        ${log.shardId} (${log.symbols.join(', ')})`);
    this.log(`segments     ${log.segments}, frames ${log.frames}, unfinished bytes ${log.unfinishedBytes}`);
    this.log(`sequence     ${log.firstSequence} to ${log.lastSequence}${begins}`);
    this.log(`commands     place ${place}, cancel ${cancel}, amend ${amend}, seed ${seed}, reset ${reset}`);
    this.log(`since reset  orders ${log.orders}, matches ${log.matches}, resting now ${log.resting}`);
    if (flags.find !== undefined) this.log(`found        ${log.found ?? 'not known'} of ${flags.find.length} orders`);
    this.log(`digest       ${log.digest}`);
    return log;
  }
}
