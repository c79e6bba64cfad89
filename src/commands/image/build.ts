import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { BuiltImage } from '../../cluster/build-image.ts';

export default class ImageBuild extends ClusterCommand {
  static override summary = 'build the image of mex with docker';
  static override description =
    'It is called mex:VERSION, as the manifests name it, and also after its content. Its labels say which commit it is.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'behind a proxy, or with a mirror of npm',
      command: '<%= config.bin %> <%= command.id %> --network host --build-arg HTTPS_PROXY=http://proxy:3128',
    },
    { description: 'for nodes with ARM', command: '<%= config.bin %> <%= command.id %> --platform linux/arm64' },
  ];
  static override flags = {
    'build-arg': Flags.string({
      description: 'passed on to docker build',
      helpValue: 'NAME=VALUE',
      multiple: true,
      default: [],
    }),
    network: Flags.string({ description: 'the network that docker build uses', helpValue: 'NAME' }),
    platform: Flags.string({ description: 'the platform that it is built for', helpValue: 'OS/ARCH' }),
  };

  async run(): Promise<BuiltImage> {
    const { flags } = await this.parse(ImageBuild);
    const { buildImage } = await import('../../cluster/build-image.ts');
    const { root, version } = this.config;
    const { network, platform, 'build-arg': buildArgs } = flags;
    const built = await this.step('build the image', () =>
      buildImage({ root, version, buildArgs, network, platform }, this.signal),
    );
    this.log(`${built.image}, also ${built.contentImage}, of ${built.revision}`);
    return built;
  }
}
