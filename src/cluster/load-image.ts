/**
 * Brings an image into the nodes of mex's own cluster, and makes sure that it is there: each node is asked, by the digest
 * of the content and not by the name, since a program that copies into several nodes may say that all is well when one of
 * them failed, and an older image may have the same name.
 *
 * k3d copies into all nodes at once. Where docker keeps its images with containerd k3d cannot, and where it has left one
 * out it is not asked again: then each node gets the image by itself.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { type CommandResult, pipeCommands } from '../exec/run-command.ts';
import { docker } from './docker.ts';
import { fullName } from './image-name.ts';
import { importImages, type K3dContext } from './k3d.ts';

export interface LoadRequest {
  /** Names of one image. */
  images: readonly string[];
  /** Its digest, as docker tells it. */
  id: string;
  cluster: string;
  /** Containers. */
  nodes: readonly string[];
}

/** The first attempt, and two more for nodes that lack it. */
const TRIES_MAX = 3;
/** Some hundred megabytes from docker into one node. */
const COPY_MS_MAX = 300_000;

/** @returns the nodes that it was brought to; none: all had it already */
export async function loadImage(
  request: LoadRequest,
  report: (line: string) => void,
  context: K3dContext,
): Promise<string[]> {
  const { images, nodes, cluster } = request;
  const lacking = await nodesWithout(request, nodes, context.signal);
  let missing = lacking;
  let problem = '';
  const byNode = await keepsImagesWithContainerd(context.signal);
  for (let tried = 1; missing.length > 0 && tried <= TRIES_MAX; tried++) {
    report(`into ${missing.length} of ${nodes.length} nodes`);
    const results =
      tried === 1 && !byNode
        ? [await importImages(images, cluster, context)]
        : await copyToEach(images, missing, context.signal);
    problem = results.map(said).find((one) => one !== '') ?? problem;
    missing = await nodesWithout(request, missing, context.signal);
  }
  if (missing.length === 0) return [...lacking];
  throw new MexError(
    `The image ${images[0]} is not on ${missing.join(', ')} after ${TRIES_MAX} attempts${problem === '' ? '' : `: ${problem}`}`,
    {
      code: 'IMAGE_NOT_LOADED',
      exit: EXIT.environment,
      suggestion: `Is there room on the disk, and does the node run? docker exec ${missing[0]} df -h /; docker ps`,
    },
  );
}

/** Docker 29 does so by default: an image then has a digest that covers all its platforms. */
async function keepsImagesWithContainerd(signal: AbortSignal): Promise<boolean> {
  return (await docker(['info', '--format', '{{json .DriverStatus}}'], signal)).includes('io.containerd.snapshotter');
}

/** One node after the other: they share one disk. */
async function copyToEach(
  images: readonly string[],
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  for (const node of nodes) {
    const save = { file: 'docker', args: ['save', ...images] };
    const load = { file: 'docker', args: ['exec', '--interactive', node, ...CTR, 'import', '-'] };
    results.push(await pipeCommands(save, load, { timeoutMs: COPY_MS_MAX, signal }));
  }
  return results;
}

const CTR = ['ctr', '--namespace', 'k8s.io', 'images'];

async function nodesWithout(
  { images, id }: LoadRequest,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const lacks = async (node: string): Promise<boolean> => {
    const listing = await docker(['exec', node, ...CTR, 'list'], signal).catch((thrown) => {
      signal.throwIfAborted();
      throw unreadable(node, thrown);
    });
    return !images.every((image) => hasImage(listing, image, id));
  };
  const lacking = await Promise.all(nodes.map(lacks));
  return nodes.filter((_, index) => lacking[index]);
}

/**
 * Rows are reference, type, digest, and more. The kubelet's own row for an image has the digest of its configuration as
 * reference, which is what docker calls its id; where docker keeps images with containerd the id is the digest itself.
 */
export function hasImage(listing: string, image: string, id: string): boolean {
  const rows = listing.split('\n').map((line) => line.trim().split(/\s+/));
  const digest = rows.find(([reference]) => reference === fullName(image))?.[2];
  if (digest === undefined) return false;
  return digest === id || rows.some(([reference, , other]) => reference === id && other === digest);
}

function said(result: CommandResult): string {
  if (result.kind === 'ok') return '';
  const line = result.kind === 'failed' ? result.stderr.trim().split('\n').at(-1) : 'it is not installed';
  return `${result.commandLine}: ${line}`;
}

function unreadable(node: string, thrown: unknown): MexError {
  return new MexError(`Could not see which images are on ${node}: ${messageOf(thrown)}`, {
    code: 'NODE_DOWN',
    exit: EXIT.environment,
    suggestion: 'Start it: mex cluster up',
    cause: thrown,
  });
}
