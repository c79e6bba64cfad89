import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterGrafana } from '../cli/cluster-grafana.ts';
import { targetFlag } from '../cli/target-flags.ts';
import type { FoundDashboard } from '../dashboard/grafana/find-dashboard.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

/** It stands there, with its dashboard, or the cluster is not whole. */
const CLUSTER_HINTS = { start: 'Run: mex cluster up', add: 'Run: mex cluster up' };

export default class Dashboard extends BaseCommand {
  static override summary = 'say where the dashboard is';
  static override description =
    'Asks Grafana whether it has the dashboard; exit 5, and how to start one that has, if not. The dashboard, and what ' +
    'provisions it, are in manifests/grafana/.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --grafana',
    '<%= config.bin %> <%= command.id %> --grafana http://127.0.0.1:3001',
    '<%= config.bin %> <%= command.id %> --grafana --target k8s',
  ];
  static override flags = {
    ...targetFlag,
    grafana: Flags.boolean({ description: 'the one in Grafana' }),
  };
  static override args = {
    url: Args.string({
      description: 'address of that Grafana. Default: http://127.0.0.1:3000, or that of the cluster',
    }),
  };

  async run(): Promise<FoundDashboard> {
    const { flags, args } = await this.parse(Dashboard);
    if (!flags.grafana) {
      throw new MexError('mex has no live page of its own', {
        code: 'NO_LIVE_PAGE',
        exit: EXIT.usage,
        suggestion: 'Look at the dashboard in Grafana: mex dashboard --grafana',
      });
    }
    const [{ findDashboard, parseGrafanaUrl }, { startHint, addHint }] = await Promise.all([
      import('../dashboard/grafana/find-dashboard.ts'),
      import('../dashboard/grafana/grafana-hints.ts'),
    ]);
    const isCluster = flags.target === 'k8s';
    const usual = isCluster && args.url === undefined ? await clusterGrafana() : 'http://127.0.0.1:3000';
    const grafana = parseGrafanaUrl(args.url ?? usual);
    const found = await findDashboard({
      grafana,
      hints: isCluster ? CLUSTER_HINTS : { start: startHint(grafana, process.platform), add: addHint() },
      signal: this.signal,
    });
    this.log(found.url);
    if (found.dashboard === 'behind a login') {
      this.logToStderr('mex: Grafana is there, behind a login: only past it can you see whether it has the dashboard.');
    }
    return found;
  }
}
