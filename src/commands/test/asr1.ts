import { TestCommand, testFlags } from '../../cli/test-command.ts';

export default class TestAsr1 extends TestCommand {
  static override summary = 'latency: the cases A1 to A4, straight at one shard';
  static override description =
    'Deploys what the cases need if it is not running, sends the load, measures, judges, and leaves a run in results/.';
  static override flags = testFlags;
  static override examples = [
    { description: 'all its cases', command: '<%= config.bin %> test asr1' },
    {
      description: 'one case at a tenth of its length, indicative only',
      command: '<%= config.bin %> test asr1 --case a2 --time-scale 0.1',
    },
    { description: 'one case three times', command: '<%= config.bin %> test asr1 --case a2 --repeat 3' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TestAsr1);
    return this.testAsr('asr1', flags);
  }
}
