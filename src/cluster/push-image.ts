/** The image in a registry, for nodes that pull: under a name after its content, and under the digest that it has there. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { imageId } from './build-image.ts';
import { docker } from './docker.ts';
import { contentName, releaseName } from './image-name.ts';

export interface PushedImage {
  /** What a manifest may say. */
  image: string;
  /** The same, by its digest in the registry: it cannot come to mean something else. */
  pinned: string;
  id: string;
}

/** Some hundred megabytes on a slow line. */
const PUSH_MS_MAX = 1_200_000;

/** @param repository `HOST/REPOSITORY`; logging in to it is docker's affair. */
export async function pushImage(repository: string, version: string, signal: AbortSignal): Promise<PushedImage> {
  const local = releaseName(version);
  const id = await imageId(local, signal);
  const image = contentName(version, id, repository);
  await docker(['tag', local, image], signal);
  await docker(['push', image], signal, PUSH_MS_MAX);
  const listed = await docker(['image', 'inspect', '--format', '{{json .RepoDigests}}', image], signal);
  const digests = JSON.parse(listed) as string[] | null;
  const pinned = digests?.find((one) => one.startsWith(`${repository}@`));
  if (pinned !== undefined) return { image, pinned, id };
  throw new MexError(`docker pushed ${image}, and does not know its digest in the registry`, {
    code: 'PUSH_FAILED',
    exit: EXIT.environment,
    suggestion: `Is it there? docker pull ${image}`,
  });
}
