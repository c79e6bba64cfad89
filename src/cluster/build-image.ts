/** The image of mex, built by plain `docker build` (no buildx is needed), with labels that say what it was built from. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { commitOf } from '../exec/commit.ts';
import { docker, requireDiskRoom, requireDocker } from './docker.ts';
import { contentName, releaseName } from './image-name.ts';

export interface BuildRequest {
  /** The folder with the Dockerfile: mex itself. */
  root: string;
  version: string;
  /** `NAME=VALUE`, passed on; as is the network, for machines with a proxy, a mirror or an odd network. */
  buildArgs: readonly string[];
  network?: string | undefined;
  /** Such as `linux/arm64`. */
  platform?: string | undefined;
}

export interface BuiltImage {
  /** As the manifests name it. */
  image: string;
  /** After its content. */
  contentImage: string;
  id: string;
  version: string;
  /** With `-dirty` where the sources had changes that are in no commit; `unknown` outside of a checkout. */
  revision: string;
}

/** npm ci and a build, on a slow machine behind a slow line. */
const BUILD_MS_MAX = 1_200_000;

export async function buildImage(request: BuildRequest, signal: AbortSignal): Promise<BuiltImage> {
  const { root, version, buildArgs, network, platform } = request;
  await requireDocker(signal);
  await requireDockerfile(root);
  await requireDiskRoom(signal);
  const commit = await commitOf(root, { untracked: true });
  const revision = commit === null ? 'unknown' : `${commit.hash}${commit.dirty ? '-dirty' : ''}`;
  const image = releaseName(version);
  const args = [
    'build',
    ...['--tag', image],
    ...['--label', `org.opencontainers.image.version=${version}`],
    ...['--label', `org.opencontainers.image.revision=${revision}`],
    ...buildArgs.flatMap((buildArg) => ['--build-arg', buildArg]),
    ...(network === undefined ? [] : ['--network', network]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    root,
  ];
  await docker(args, signal, BUILD_MS_MAX);
  const id = await imageId(image, signal);
  const contentImage = contentName(version, id);
  await docker(['tag', image, contentImage], signal);
  return { image, contentImage, id, version, revision };
}

/** The digest of an image that docker has. @throws MexError `IMAGE_MISSING` where it has none of that name */
export async function imageId(image: string, signal: AbortSignal): Promise<string> {
  const listed = await docker(['image', 'ls', '--no-trunc', '--quiet', image], signal);
  const [id = ''] = listed.trim().split('\n');
  if (id !== '') return id;
  throw new MexError(`docker has no image ${image}`, {
    code: 'IMAGE_MISSING',
    exit: EXIT.environment,
    suggestion: 'Build it: mex image build',
  });
}

async function requireDockerfile(root: string): Promise<void> {
  const path = join(root, 'Dockerfile');
  await access(path).catch((cause) => {
    throw new MexError(`There is no ${path}: the image can only be built from a clone of the repository`, {
      code: 'NO_DOCKERFILE',
      exit: EXIT.environment,
      suggestion: 'Clone it and run npm ci there, or bring an image that was built elsewhere: docker load',
      cause,
    });
  });
}
