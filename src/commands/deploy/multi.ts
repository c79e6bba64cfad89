import { DeployCommand, deployFlags } from '../../cli/deploy-command.ts';

export default class DeployMulti extends DeployCommand {
  static override summary = 'start three shards with gateway and collector';
  static override description =
    'Shards a, b and c behind the gateway. From single, shard a keeps running, with its book. Running it again changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    {
      description: 'publish to a broker that runs already, from now on until undeploy',
      command: '<%= config.bin %> <%= command.id %> --kafka localhost:9092',
    },
  ];
  static override flags = deployFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployMulti);
    return this.deploy('multi', flags);
  }
}
