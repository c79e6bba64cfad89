import { SeedCommand, seedFlags } from '../../cli/seed-command.ts';

export default class SeedMulti extends SeedCommand {
  static override summary = 'put resting asks into the books of shards a, b and c';
  static override flags = seedFlags;
  static override examples = [
    { description: 'a book as in case A2', command: '<%= config.bin %> seed multi --depth 500 --levels 50' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SeedMulti);
    return this.seedBooks('multi', flags);
  }
}
