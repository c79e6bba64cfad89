import { once } from 'node:events';
import { Flags } from '@oclif/core';
import { ClusterCommand } from '../cli/cluster-command.ts';
import type { PlannedForward } from '../cluster/forwards.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import type { PortForward } from '../kubernetes/port-forward.ts';

interface Reached {
  name: string;
  url: string;
  /** `node port`: the cluster's own, which is there without this command. */
  by: 'forward' | 'node port';
}

export default class Forward extends ClusterCommand {
  static override summary = 'reach what runs in the cluster from here, until Ctrl-C';
  static override description =
    'Opens ports of 127.0.0.1 that lead through the Kubernetes API to gateway (8080), engine-a to -c (8081 to 8083), ' +
    "prometheus (9090), grafana (3000) and broker (19092), as far as they are there. In a cluster of mex's own, what has " +
    'a node port is told and needs none. A pod that was replaced is found again. Not for load: it would measure the ' +
    'forward. Ends with exit code 0 on Ctrl-C; with --json it prints one document once all are open.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'where 3000 is taken', command: '<%= config.bin %> <%= command.id %> --port grafana=13000' },
  ];
  static override flags = {
    target: Flags.option({ options: ['k8s'] as const, default: 'k8s' as const })({ description: 'where it runs' }),
    port: Flags.string({
      description: 'another port of 127.0.0.1 for gateway, engine-a, engine-b, engine-c, prometheus or grafana',
      helpValue: 'NAME=PORT',
      multiple: true,
      default: [],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Forward);
    const [{ parseForwardPorts, planForwards }, { readRecord, refOf }, { KubeCluster }] = await Promise.all([
      import('../cluster/forwards.ts'),
      import('../cluster/cluster-record.ts'),
      import('../kubernetes/kube-cluster.ts'),
    ]);
    const ports = parseForwardPorts(flags.port);
    const record = await readRecord(this.folder);
    if (record === undefined) throw noCluster();
    const cluster = await KubeCluster.open(refOf(record, this.folder));
    const open: PortForward[] = [];
    try {
      const planned = await planForwards(cluster, record, ports, this.signal);
      if (planned.length === 0) throw nothingThere();
      const reached: Reached[] = [];
      for (const one of planned) reached.push(await this.#open(cluster, one, open));
      await this.#show(reached);
      if (open.length > 0 && !this.signal.aborted) await once(this.signal, 'abort');
    } finally {
      await Promise.all(open.map((forward) => forward.close()));
      await cluster.close();
    }
  }

  async #open(cluster: KubeCluster, planned: PlannedForward, open: PortForward[]): Promise<Reached> {
    const { name, scheme, nodePort, request } = planned;
    const urlOf = (port: number): string => `${scheme === 'http' ? 'http://' : ''}127.0.0.1:${port}`;
    if (request === undefined) return { name, url: urlOf(nodePort ?? 0), by: 'node port' };
    let lastWhy = '';
    const told = {
      onOtherPod: (pod: string): void => {
        lastWhy = '';
        this.logToStderr(`${name}: the pod was replaced, now ${pod}`);
      },
      // A client that tries again and again would fill the terminal.
      onFailure: (why: string): void => {
        if (why !== lastWhy) this.logToStderr(`${name}: ${why}`);
        lastWhy = why;
      },
    };
    const forward = await cluster.forward({ ...request, ...told }, this.signal);
    open.push(forward);
    return { name, url: urlOf(forward.port), by: 'forward' };
  }

  async #show(reached: readonly Reached[]): Promise<void> {
    if (this.jsonEnabled()) return this.logJson({ forwards: reached });
    const { textTable } = await import('../report/text-table.ts');
    const how = { forward: '', 'node port': "the cluster's own node port, without this command" };
    const lines = textTable([['name', 'address', ''], ...reached.map(({ name, url, by }) => [name, url, how[by]])]);
    for (const line of lines) this.log(line);
    const isHeld = reached.some(({ by }) => by === 'forward');
    this.logToStderr(isHeld ? 'Held until Ctrl-C.' : 'Nothing to hold: all of it is reached without this command.');
  }
}

function noCluster(): MexError {
  return new MexError('There is no cluster that mex knows of from here', {
    code: 'NO_CLUSTER',
    exit: EXIT.environment,
    suggestion: 'Run: mex cluster up; or, for one that runs: mex cluster up --context NAME',
  });
}

function nothingThere(): MexError {
  return new MexError('Nothing of mex runs in the cluster', {
    code: 'NOT_DEPLOYED',
    exit: EXIT.environment,
    suggestion: 'See: mex cluster status',
  });
}
