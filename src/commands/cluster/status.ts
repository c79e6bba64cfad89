import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { ClusterStatus } from '../../cluster/describe-cluster.ts';
import { EXIT } from '../../errors/exit-codes.ts';

export default class ClusterStatusCommand extends ClusterCommand {
  static override summary = 'show the cluster: nodes, broker, monitoring, namespaces, pods';
  static override description =
    "Exit 0 if it can be used, 5 if it is not there, stopped or half made. Says how to read Grafana's password, and does not print it.";
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run(): Promise<ClusterStatus> {
    await this.parse(ClusterStatusCommand);
    const { clusterLines, describeCluster, isUsable } = await import('../../cluster/describe-cluster.ts');
    const status = await describeCluster(this.folder, this.signal);
    for (const line of clusterLines(status)) this.log(line);
    if (!isUsable(status)) process.exitCode = EXIT.environment;
    return status;
  }
}
