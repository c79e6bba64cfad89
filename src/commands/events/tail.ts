import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { brokersOf, kafkaFlag } from '../../cli/kafka-flag.ts';
import { TOPICS } from '../../protocol/event-records.ts';

export default class EventsTail extends BaseCommand {
  static override summary = 'print the events of a broker as they come, one JSON object a line';
  static override description = 'Reads without a consumer group, so it leaves nothing behind. Ctrl-C ends it.';
  static override flags = {
    ...kafkaFlag,
    topic: Flags.string({ description: 'only this topic', options: [...TOPICS] }),
    'from-beginning': Flags.boolean({ description: 'what is there already, too' }),
    limit: Flags.integer({ description: 'end after so many', min: 1 }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --topic matches --from-beginning --limit 10',
  ];

  async run(): Promise<{ records: unknown[] }> {
    const { flags } = await this.parse(EventsTail);
    const { readTopics } = await import('../../events/read-topics.ts');
    const { limit = Number.POSITIVE_INFINITY } = flags;
    const full = new AbortController();
    const records: unknown[] = [];
    let told = 0;
    const request = {
      brokers: brokersOf(flags.kafka),
      topics: flags.topic === undefined ? TOPICS : [flags.topic],
      fromEnd: !flags['from-beginning'],
      // One JSON document has an end.
      again: () => !this.jsonEnabled(),
      signal: AbortSignal.any([this.signal, full.signal]),
    };
    await readTopics(request, ({ value }) => {
      if (told >= limit) return;
      told++;
      if (this.jsonEnabled()) records.push(JSON.parse(value.toString('utf8')));
      else this.log(value.toString('utf8'));
      if (told >= limit) full.abort();
    });
    return { records };
  }
}
