import { SeedCommand, seedFlags } from '../../cli/seed-command.ts';

export default class SeedSingle extends SeedCommand {
  static override summary = 'put resting asks into the books of shard a';
  static override flags = seedFlags;
  static override examples = [
    { description: 'a book as in case A2', command: '<%= config.bin %> seed single --depth 500 --levels 50' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SeedSingle);
    return this.seedBooks('single', flags);
  }
}
