import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { Verification } from '../../engine/inspect/verify-folder.ts';

export default class WalVerify extends BaseCommand {
  static override summary = 'check a log: every checksum, every link, and that a replay does what the engine did';
  static override description =
    'Each snapshot is held against the log, too. Changes nothing; also works while the engine runs. ' +
    'Ends with 0 when all is whole, with 65 and the place of the first damage otherwise.';
  static override examples = ['<%= config.bin %> wal verify /tmp/wal'];
  static override args = { path: Args.string({ description: 'folder of the shard (WAL_PATH)', required: true }) };

  async run(): Promise<Verification> {
    const { args } = await this.parse(WalVerify);
    const [{ verifyFolder }, { systemDisk }] = await Promise.all([
      import('../../engine/inspect/verify-folder.ts'),
      import('../../engine/wal/disk.ts'),
    ]);
    const found = await verifyFolder(args.path, systemDisk, (path) => this.logToStderr(`reading ${path}`));
    const { segments, frames, firstSequence, lastSequence, snapshots, unfinishedBytes } = found;
    this.log(
      `shard ${found.shardId}: ${segments} segments, ${frames} frames, sequence ${firstSequence} to ${lastSequence}: whole`,
    );
    this.log(
      `a replay meets the recorded state at every frame, and ${snapshots.length} of ${snapshots.length} snapshots`,
    );
    if (unfinishedBytes > 0) this.log(`${unfinishedBytes} bytes at the end are a write that was not finished`);
    return found;
  }
}
