import { ClusterCommand } from '../../cli/cluster-command.ts';
import type { LoadedImage } from '../../cluster/load-into-cluster.ts';

export default class ImageLoad extends ClusterCommand {
  static override summary = "bring the image into every node of mex's own cluster";
  static override description =
    'Each node is asked afterwards whether it has this very image. Nodes that have it already are left alone.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  async run(): Promise<LoadedImage> {
    await this.parse(ImageLoad);
    const { loadIntoCluster } = await import('../../cluster/load-into-cluster.ts');
    const { version } = this.config;
    const loaded = await this.step('load the image', (report) =>
      loadIntoCluster({ folder: this.folder, version }, report, this.signal),
    );
    const { image, nodes, loadedInto } = loaded;
    this.log(`${image} is on all ${nodes.length} nodes${loadedInto.length === 0 ? ', and was' : ''}.`);
    return loaded;
  }
}
