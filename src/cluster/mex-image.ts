/**
 * The image of this mex, where the nodes can have it: in every node of mex's own cluster, in a registry, or, where a person
 * says so, wherever that name leads to. It is built where docker has none of this version.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { commitOf } from '../exec/commit.ts';
import { buildImage, imageId } from './build-image.ts';
import { docker, requireDocker } from './docker.ts';
import { contentName, releaseName } from './image-name.ts';
import { loadIntoCluster } from './load-into-cluster.ts';
import { pushImage } from './push-image.ts';

export interface MexImage {
  /** As the manifests are to name it. */
  image: string;
  changed: boolean;
  found: string;
}

export interface ImageRequest {
  folder: string;
  /** Where the Dockerfile is. */
  root: string;
  version: string;
  /** Absent: the nodes of mex's own cluster. */
  registry?: string | undefined;
  /** It is there already, under this name. */
  name?: string | undefined;
  /** What the cluster was told before. */
  recorded?: string | undefined;
}

const REVISION_LABEL = 'org.opencontainers.image.revision';

/** In every node of mex's own cluster. */
export async function imageOnNodes(
  { folder, root, version }: ImageRequest,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<MexImage> {
  const built = await ensureBuilt({ root, version }, report, signal);
  const { contentImage, nodes, loadedInto } = await loadIntoCluster({ folder, version }, report, signal);
  const where = loadedInto.length === 0 ? `on all ${nodes.length} nodes` : `loaded into ${loadedInto.length} nodes`;
  const found = [built.changed ? 'built' : undefined, `${contentImage} ${where}`, built.note]
    .filter(Boolean)
    .join('; ');
  return { image: contentImage, changed: built.changed || loadedInto.length > 0, found };
}

/** Where nodes pull. What the cluster was told before holds, where nothing else is said. */
export async function imageToPull(
  { root, version, registry, name, recorded }: ImageRequest,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<MexImage> {
  if (name !== undefined) return { image: name, changed: false, found: `${name}, which is said to be there` };
  if (registry === undefined) {
    if (recorded === undefined) throw noImage();
    return { image: recorded, changed: false, found: `${recorded}, as before` };
  }
  const built = await ensureBuilt({ root, version }, report, signal);
  const image = contentName(version, await imageId(releaseName(version), signal), registry);
  if (image === recorded) return { image, changed: false, found: `${image}, pushed before` };
  report(`pushing ${image}`);
  await pushImage(registry, version, signal);
  return { image, changed: true, found: [`pushed ${image}`, built.note].filter(Boolean).join('; ') };
}

/** A tag or a digest must be said: what `latest` is changes in mid-experiment. */
export function checkImage(text: string): string {
  const tag = /^[a-z0-9][\w./-]*(?::\d{1,5}\/[\w./-]+)?:([\w][\w.-]{0,127})$/i.exec(text)?.[1];
  if (tag !== undefined && tag !== 'latest') return text;
  throw new MexError(`--image ${text}: expected a name with a tag that is not latest`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'For example: --image ghcr.io/me/mex:0.1.0-1f2e3d4c5b6a',
  });
}

export function noImage(): MexError {
  return new MexError('The nodes of that cluster must pull the image of mex, and nobody said from where', {
    code: 'NO_IMAGE',
    exit: EXIT.usage,
    suggestion: 'Have it pushed: --registry HOST/REPOSITORY. Or say where it is already: --image NAME:TAG.',
  });
}

async function ensureBuilt(
  { root, version }: { root: string; version: string },
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<{ changed: boolean; note?: string }> {
  await requireDocker(signal);
  const image = releaseName(version);
  if ((await docker(['image', 'ls', '--quiet', image], signal)).trim() !== '') {
    const note = await olderThanSources(root, image, signal);
    return { changed: false, ...(note !== undefined && { note }) };
  }
  report(`docker builds ${image}`);
  try {
    await buildImage({ root, version, buildArgs: [] }, signal);
  } catch (thrown) {
    if (!(thrown instanceof MexError) || thrown.code !== 'COMMAND_FAILED') throw thrown;
    throw new MexError(thrown.message, {
      code: 'BUILD_FAILED',
      exit: EXIT.environment,
      suggestion: 'Behind a proxy or a mirror build it first: mex image build --help. Then this again.',
      cause: thrown,
    });
  }
  return { changed: true };
}

/** A version may stand for other sources by now: what is measured is what is in the image. */
async function olderThanSources(root: string, image: string, signal: AbortSignal): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${REVISION_LABEL}"}}`;
  const revision = (await docker(['image', 'inspect', '--format', format, image], signal)).trim();
  const commit = await commitOf(root, { untracked: true });
  if (commit === null || (revision === commit.hash && !commit.dirty)) return undefined;
  const short = (text: string): string => text.slice(0, 12);
  const sources = commit.dirty
    ? 'the sources have changes that are in no commit'
    : `the sources are ${short(commit.hash)}`;
  return `it was built from ${short(revision) || 'unknown sources'}, ${sources}: for those, mex image build`;
}
