/**
 * Brings an image into the nodes of mex's own cluster, and makes sure that it is there: each node is asked, by the digest
 * of the content and not by the name, since a program may end well and have done nothing, and an older image may have the
 * same name.
 *
 * It is copied node by node, from docker into the node's containerd. `k3d image import` does the same for all nodes at
 * once, and is not used: where one of them fails it says that all is well, or waits for ever (seen once in some ten times
 * with `--mode direct`, 5.8.3), and it cannot read images that docker keeps with containerd. It is no slower: 213 MB came into
 * three nodes in 9.5 s, with k3d in 7 s to 13 s.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { type CommandResult, pipeCommands } from '../exec/run-command.ts';
import { docker } from './docker.ts';
import { fullName } from './image-name.ts';

export interface LoadRequest {
  /** Names of one image. */
  images: readonly string[];
  /** Its digest, as docker tells it. */
  id: string;
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
  signal: AbortSignal,
): Promise<string[]> {
  const { images, nodes } = request;
  const lacking = await nodesWithout(request, nodes, signal);
  let missing = lacking;
  let problem: string | undefined;
  for (let tried = 1; missing.length > 0 && tried <= TRIES_MAX; tried++) {
    const copied: string[] = [];
    for (const node of missing) {
      report(`${node}, ${copied.length} of ${missing.length} done`);
      const result = await copyInto(node, images, signal);
      problem = said(result) ?? problem;
      copied.push(node);
    }
    missing = await nodesWithout(request, missing, signal);
  }
  if (missing.length === 0) return lacking;
  throw new MexError(
    `The image ${images[0]} is not on ${missing.join(', ')} after ${TRIES_MAX} attempts${problem === undefined ? '' : `: ${problem}`}`,
    {
      code: 'IMAGE_NOT_LOADED',
      exit: EXIT.environment,
      suggestion: `Is there room on the disk, and does the node run? docker exec ${missing[0]} df -h /; docker ps`,
    },
  );
}

function copyInto(node: string, images: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  const save = { file: 'docker', args: ['save', ...images] };
  const load = { file: 'docker', args: ['exec', '--interactive', node, ...CTR, 'import', '-'] };
  return pipeCommands(save, load, { timeoutMs: COPY_MS_MAX, signal });
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

function said(result: CommandResult): string | undefined {
  if (result.kind === 'ok') return undefined;
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
