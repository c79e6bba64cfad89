import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import type { EngineEvent } from '../../protocol/events.ts';

export default class WalEvents extends BaseCommand {
  static override summary = 'list the events of a log, a JSON object a line';
  static override description =
    'They come from a replay and are the same, byte for byte, each time: two engines that agree print the same lines.';
  static override examples = [
    '<%= config.bin %> wal events /tmp/wal',
    '<%= config.bin %> wal events /tmp/wal | jq \'select(.type == "MATCH_EXECUTED")\'',
  ];
  static override args = { path: Args.string({ description: 'folder of the shard (WAL_PATH)', required: true }) };

  async run(): Promise<EngineEvent[]> {
    const { args } = await this.parse(WalEvents);
    const [{ listEvents }, { systemDisk }] = await Promise.all([
      import('../../engine/inspect/list-events.ts'),
      import('../../engine/wal/disk.ts'),
    ]);
    const events: EngineEvent[] = [];
    const isJson = this.jsonEnabled();
    await listEvents(args.path, systemDisk, ({ value }) => {
      if (isJson) events.push(JSON.parse(value) as EngineEvent);
      else this.log(value);
    });
    return events;
  }
}
