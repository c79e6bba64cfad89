import { TestCommand, testFlags } from '../../cli/test-command.ts';

export default class TestAsr2 extends TestCommand {
  static override summary = 'scalability: the cases B1 to B5, through the gateway (B6 when named)';
  static override description =
    'Deploys what the cases need if it is not running, sends the load, measures, judges, and leaves a run in results/.';
  static override flags = testFlags;
  static override examples = [
    { description: 'all its cases', command: '<%= config.bin %> test asr2' },
    {
      description: 'one case at a tenth of its length, indicative only',
      command: '<%= config.bin %> test asr2 --case b2 --time-scale 0.1',
    },
    { description: 'one case three times', command: '<%= config.bin %> test asr2 --case b2 --repeat 3' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TestAsr2);
    return this.testAsr('asr2', flags);
  }
}
