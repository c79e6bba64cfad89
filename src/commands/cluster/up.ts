import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { BrokerName, Observability, Place } from '../../cluster/platform.ts';

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
    'In it: the image of mex, two namespaces, secrets, Prometheus, Grafana and a broker. Running it again changes nothing; ' +
    'after an interruption it goes on. With --context the cluster of that context in your kubeconfig is used instead. What ' +
    'was chosen once holds until something else is said, which must be before anything is deployed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --agents 2 --k3s-image rancher/k3s:v1.33.13-k3s1',
    { description: 'where 3000 is taken', command: '<%= config.bin %> <%= command.id %> --port grafana=13000' },
    {
      description: 'without Helm, with Apache Kafka',
      command: '<%= config.bin %> <%= command.id %> --broker kafka --observability plain',
    },
    {
      description: 'a cluster that runs already',
      command: '<%= config.bin %> <%= command.id %> --context my-cluster --registry ghcr.io/me/mex',
    },
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
    broker: Flags.option({ options: ['redpanda', 'kafka'] as const satisfies BrokerName[] })({
      description: 'which broker takes the events (redpanda if not said)',
    }),
    observability: Flags.option({ options: ['helm', 'plain'] as const satisfies Observability[] })({
      description: 'Prometheus and Grafana by their Helm charts, or by plain manifests (helm if not said)',
    }),
    'chart-dir': Flags.string({
      description: 'take the charts from this folder: NAME-VERSION.tgz, or a folder NAME',
      helpValue: 'DIR',
    }),
    registry: Flags.string({
      description: 'push the image there, for the nodes to pull',
      helpValue: 'HOST/REPOSITORY',
      dependsOn: ['context'],
      exclusive: ['image'],
    }),
    image: Flags.string({
      description: 'the nodes can pull the image already, under this name',
      helpValue: 'NAME:TAG',
      dependsOn: ['context'],
    }),
    place: Flags.option({ options: ['k3d', 'aws', 'oci'] as const satisfies Place[] })({
      description:
        'kind of cluster; k3d is any with node ports and a default storage class (told by its nodes if not said)',
      dependsOn: ['context'],
    }),
  };

  async run(): Promise<UpResult> {
    const { flags } = await this.parse(ClusterUp);
    const [{ upSteps }, { checkName, parsePorts }, { checkRepository }, { checkImage }] = await Promise.all([
      import('../../cluster/up-steps.ts'),
      import('../../cluster/cluster-plan.ts'),
      import('../../cluster/image-name.ts'),
      import('../../cluster/mex-image.ts'),
    ]);
    const { context, agents, broker, observability, place } = flags;
    const { root, version } = this.config;
    const registry = flags.registry === undefined ? undefined : checkRepository(flags.registry);
    const image = flags.image === undefined ? undefined : checkImage(flags.image);
    const own = {
      name: flags.name === undefined ? undefined : checkName(flags.name),
      agents,
      k3sImage: flags['k3s-image'],
      ports: parsePorts(flags.port),
    };
    return this.alone(async () => {
      const { steps, session } = await upSteps({
        cluster: context === undefined ? own : { context },
        wish: { broker, observability, place },
        image: { folder: this.folder, root, version, registry, name: image },
        chartFolder: flags['chart-dir'],
      });
      const done: UpResult['steps'] = [];
      try {
        for (const { title, run } of steps) {
          const { changed, found } = await this.step(title, (report) => run(report, this.signal));
          done.push({ title, changed, found });
          this.log(`${title}: ${found}`);
        }
      } finally {
        await session.close();
      }
      const changed = done.some((step) => step.changed);
      return { context: session.ref.context, kubeconfig: session.ref.kubeconfig ?? null, changed, steps: done };
    });
  }
}
