/** The image of this mex, into the nodes of the cluster that it made. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { imageId } from './build-image.ts';
import { readRecord } from './cluster-record.ts';
import { docker, requireDocker } from './docker.ts';
import { contentName, releaseName } from './image-name.ts';
import { loadImage } from './load-image.ts';
import { lookAtCluster } from './own-cluster.ts';

export interface LoadedImage {
  image: string;
  contentImage: string;
  id: string;
  nodes: string[];
  /** Those that had it not. */
  loadedInto: string[];
}

export async function loadIntoCluster(
  { folder, version }: { folder: string; version: string },
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<LoadedImage> {
  await requireDocker(signal);
  const nodes = await nodesThatRun(folder, signal);
  const image = releaseName(version);
  const id = await imageId(image, signal);
  const contentImage = contentName(version, id);
  await docker(['tag', image, contentImage], signal);
  const loadedInto = await loadImage({ images: [image, contentImage], id, nodes }, report, signal);
  return { image, contentImage, id, nodes, loadedInto };
}

async function nodesThatRun(folder: string, signal: AbortSignal): Promise<string[]> {
  const record = await readRecord(folder);
  if (record?.kind === 'context') {
    throw new MexError(
      `The cluster of context "${record.context}" is not mex's own, so its nodes must pull the image`,
      {
        code: 'NOT_MADE_BY_MEX',
        exit: EXIT.usage,
        suggestion: 'Bring it to a registry: mex image push --registry HOST/REPOSITORY',
      },
    );
  }
  const sight = record && (await lookAtCluster(record.plan.name, { record, folder }, signal));
  if (sight?.state === 'running') return sight.nodes.map((node) => node.name);
  throw new MexError(`There is no cluster that runs (${sight?.state ?? 'absent'})`, {
    code: 'NO_CLUSTER',
    exit: EXIT.environment,
    suggestion: 'Run: mex cluster up',
  });
}
