/** What the docker daemon has that belongs to a k3d cluster, and removing it. @throws MexError exit 5 throughout. */
import { stat, statfs } from 'node:fs/promises';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { orThrow, runCommand, tryCommand } from '../exec/run-command.ts';
import { FOLDER_LABEL, ID_LABEL } from './cluster-plan.ts';

/** A container of a k3d cluster. */
export interface ClusterContainer {
  name: string;
  running: boolean;
  /** k3d also has helpers, which are no nodes. */
  role: 'server' | 'agent' | 'helper';
  /** As mex has marked it; empty: it was not mex. */
  clusterId: string;
  folder: string;
}

/** What k3d makes under the name of a cluster. */
export interface ClusterParts {
  containers: ClusterContainer[];
  networks: string[];
  volumes: string[];
}

/** The daemon answers in milliseconds; one that is busy with images takes longer. */
const LOOK_MS_MAX = 30_000;
/** Ending a node and giving back its disk. */
const REMOVE_MS_MAX = 120_000;
/** Images of k3s, Prometheus, Grafana and a broker; below 5 % of the disk k3s ends pods. */
const FREE_BYTES_MIN = 5e9;

/** @throws MexError when docker is missing, or its daemon does not answer */
export async function requireDocker(signal: AbortSignal): Promise<void> {
  const args = ['version', '--format', '{{.Server.Version}}'];
  const result = await tryCommand('docker', args, { timeoutMs: LOOK_MS_MAX, signal });
  if (result.kind === 'ok') return;
  if (result.kind === 'not found') {
    throw new MexError('docker is not installed or not on the PATH', {
      code: 'DOCKER_MISSING',
      exit: EXIT.environment,
      suggestion: 'How to install it here: mex doctor --target k8s',
    });
  }
  const said = result.stderr.trim().split('\n').at(-1) || result.detail;
  throw new MexError(`The docker daemon does not answer: ${said}`, {
    code: 'DOCKER_DOWN',
    exit: EXIT.environment,
    suggestion: 'How to start it here: mex doctor --target k8s',
  });
}

/** Only where the daemon's folder is on this machine can its room be seen. */
export async function requireDiskRoom(signal: AbortSignal): Promise<void> {
  const folder = (await docker(['info', '--format', '{{.DockerRootDir}}'], signal)).trim();
  if (folder === '' || (await stat(folder).catch(() => undefined)) === undefined) return;
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= FREE_BYTES_MIN) return;
  const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new MexError(`${gb(freeBytes)} GB are free below ${folder}, and a cluster needs ${gb(FREE_BYTES_MIN)} GB`, {
    code: 'DISK_FULL',
    exit: EXIT.environment,
    suggestion: 'See what docker keeps: docker system df; remove what nobody uses: docker system prune',
  });
}

export async function partsOf(cluster: string, signal: AbortSignal): Promise<ClusterParts> {
  const label = `label=k3d.cluster=${cluster}`;
  const fields = ['.Names', '.State', '.Label "k3d.role"', `.Label "${ID_LABEL}"`, `.Label "${FOLDER_LABEL}"`];
  const format = fields.map((field) => `{{${field}}}`).join('\t');
  // k3d gives a network no mark of its cluster, but a name.
  const name = `name=^k3d-${cluster}$`;
  const [containers, networks, volumes] = await Promise.all([
    docker(['ps', '--all', '--no-trunc', '--filter', label, '--format', format], signal),
    docker(['network', 'ls', '--filter', name, '--format', '{{.Name}}'], signal),
    docker(['volume', 'ls', '--filter', label, '--format', '{{.Name}}'], signal),
  ]);
  return {
    containers: linesOf(containers).toSorted().map(containerOf),
    networks: linesOf(networks),
    volumes: linesOf(volumes),
  };
}

/** With the volumes that hold what is on the nodes' disks. What is gone already is no problem. */
export async function removeParts(parts: ClusterParts, signal: AbortSignal): Promise<void> {
  const names = parts.containers.map(({ name }) => name);
  await removeThose(['rm', '--force', '--volumes'], names, signal);
  await removeThose(['network', 'rm'], parts.networks, signal);
  await removeThose(['volume', 'rm'], parts.volumes, signal);
}

export async function docker(args: readonly string[], signal: AbortSignal, timeoutMs = LOOK_MS_MAX): Promise<string> {
  return (await runCommand('docker', args, { timeoutMs, signal })).stdout;
}

async function removeThose(command: readonly string[], names: readonly string[], signal: AbortSignal): Promise<void> {
  const remove = async (name: string): Promise<void> => {
    const result = await tryCommand('docker', [...command, name], { timeoutMs: REMOVE_MS_MAX, signal });
    // Another may have removed it, or be at it.
    if (result.kind === 'failed' && /no such|not found|already in progress/i.test(result.stderr)) return;
    orThrow('docker', result);
  };
  await Promise.all(names.map(remove));
}

function containerOf(line: string): ClusterContainer {
  const [name = '', state, role, clusterId = '', folder = ''] = line.split('\t');
  return {
    name,
    running: state === 'running',
    role: role === 'server' || role === 'agent' ? role : 'helper',
    clusterId,
    folder,
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
