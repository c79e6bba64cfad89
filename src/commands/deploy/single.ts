import { DeployCommand, deployFlags } from '../../cli/deploy-command.ts';

export default class DeploySingle extends DeployCommand {
  static override summary = 'start one shard with its collector';
  static override description =
    'Shard a, alone. From multi, shards b and c and the gateway are stopped, and shard a keeps running. Running it again changes nothing.';
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
    const { flags } = await this.parse(DeploySingle);
    return this.deploy('single', flags);
  }
}
