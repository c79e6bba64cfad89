import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { brokersOf, kafkaFlag } from '../../cli/kafka-flag.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { EventFindings } from '../../events/event-check.ts';

export default class EventsVerify extends BaseCommand {
  static override summary =
    "hold a broker's topics against the log of a shard: nothing missing, nothing foreign, in order";
  static override description =
    'Replays the log, reads the topics orders and matches back, and compares them byte for byte, symbol by symbol. Repeats ' +
    'of the same event are counted and are no fault. Ends with 3 when something is missing, foreign, altered or out of order.';
  static override args = { path: Args.string({ description: 'folder of the shard (WAL_PATH)', required: true }) };
  static override flags = {
    ...kafkaFlag,
    wait: Flags.integer({ description: 'seconds to wait for what is not there yet', default: 5, min: 0, max: 3_600 }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> /tmp/wal --kafka localhost:9092'];

  async run(): Promise<EventFindings> {
    const { args, flags } = await this.parse(EventsVerify);
    const [{ verifyEvents }, { isRight }] = await Promise.all([
      import('../../events/verify-events.ts'),
      import('../../events/event-check.ts'),
    ]);
    const brokers = brokersOf(flags.kafka);
    const findings = await verifyEvents({
      folder: args.path,
      brokers,
      waitMs: flags.wait * 1_000,
      signal: this.signal,
    });
    const { expected, found, repeated, missing, disordered, foreign, altered, ofOthers, sinceReset } = findings;
    this.log(
      `${found} of ${expected} events are in the topics, ${repeated} repeated, ${ofOthers} records of other logs`,
    );
    this.log(`missing ${missing}, out of order ${disordered}, foreign ${foreign}, altered ${altered}`);
    if (sinceReset === null)
      this.log('the log does not reach back to the last reset: what was before its first segment is not checked');
    for (const problem of findings.problems) this.log(problem);
    if (!isRight(findings)) process.exitCode = EXIT.criterionFailed;
    return findings;
  }
}
