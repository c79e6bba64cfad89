import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { PushedImage } from '../../cluster/push-image.ts';

export default class ImagePush extends ClusterCommand {
  static override summary = 'push the image to a registry, for clusters that pull';
  static override description = 'docker must be logged in there. The tag is made of version and content.';
  static override examples = ['<%= config.bin %> <%= command.id %> --registry ghcr.io/me/mex'];
  static override flags = {
    registry: Flags.string({ description: 'where to', helpValue: 'HOST/REPOSITORY', required: true }),
  };

  async run(): Promise<PushedImage> {
    const { flags } = await this.parse(ImagePush);
    const [{ pushImage }, { checkRepository }, { requireDocker }] = await Promise.all([
      import('../../cluster/push-image.ts'),
      import('../../cluster/image-name.ts'),
      import('../../cluster/docker.ts'),
    ]);
    const repository = checkRepository(flags.registry);
    await requireDocker(this.signal);
    const pushed = await this.step('push the image', () => pushImage(repository, this.config.version, this.signal));
    this.log(`${pushed.image}, which is ${pushed.pinned}`);
    return pushed;
  }
}
