import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../cli/cluster-command.ts';

interface UpResult {
  context: string;
  kubeconfig: string | null;
  changed: boolean;
  steps: { title: string; changed: boolean; found: string }[];
}

export default class ClusterUp extends ClusterCommand {
  static override summary = 'make a Kubernetes cluster with k3d, or take one that runs';
  static override description =
    'One server and some agents in docker, reached on 127.0.0.1 only, with a kubeconfig of its own: yours is not touched. ' +
    'Running it again changes nothing; after an interruption it goes on. With --context the cluster of that context in ' +
    'your kubeconfig is used as it is.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --agents 2 --k3s-image rancher/k3s:v1.33.13-k3s1',
    { description: 'where 3000 is taken', command: '<%= config.bin %> <%= command.id %> --port grafana=13000' },
    { description: 'a cluster that runs already', command: '<%= config.bin %> <%= command.id %> --context my-cluster' },
  ];
  static override flags = {
    context: Flags.string({ description: 'use the cluster of this context of your kubeconfig', helpValue: 'NAME' }),
    agents: Flags.integer({
      description: 'nodes beside the server; the last one is kept for the load (3 if not said)',
      min: 0,
      max: 20,
      exclusive: ['context'],
    }),
    'k3s-image': Flags.string({
      description: "image of the nodes (k3d's own choice if not said)",
      helpValue: 'IMAGE',
      exclusive: ['context'],
    }),
    port: Flags.string({
      description: 'another port of 127.0.0.1: gateway, engine-a, engine-b, engine-c, prometheus or grafana',
      helpValue: 'NAME=PORT',
      multiple: true,
      default: [],
      exclusive: ['context'],
    }),
    name: Flags.string({
      description: 'name of the cluster (matching-engine-exp if not said)',
      helpValue: 'NAME',
      exclusive: ['context'],
    }),
  };

  async run(): Promise<UpResult> {
    const { flags } = await this.parse(ClusterUp);
    const [{ otherClusterSteps }, { ownClusterSteps }, { checkName, parsePorts }] = await Promise.all([
      import('../../cluster/use-context.ts'),
      import('../../cluster/bring-up.ts'),
      import('../../cluster/cluster-plan.ts'),
    ]);
    const wish = {
      name: flags.name === undefined ? undefined : checkName(flags.name),
      agents: flags.agents,
      k3sImage: flags['k3s-image'],
      ports: parsePorts(flags.port),
    };
    return this.alone(async () => {
      const { context } = flags;
      const { steps, session } = await (context === undefined
        ? ownClusterSteps(this.folder, wish)
        : otherClusterSteps(this.folder, context));
      const done: UpResult['steps'] = [];
      try {
        for (const { title, run } of steps) {
          const outcome = await this.step(title, (report) => run(report, this.signal));
          done.push({ title, ...outcome });
          this.log(`${title}: ${outcome.found}`);
        }
      } finally {
        await session.close();
      }
      const changed = done.some((step) => step.changed);
      return { context: session.ref.context, kubeconfig: session.ref.kubeconfig ?? null, changed, steps: done };
    });
  }
}
