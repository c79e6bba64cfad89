/** All that `mex cluster up` does, in order, for a cluster of mex's own or one by context. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { tryCommand } from '../exec/run-command.ts';
import { ownClusterSteps } from './bring-up.ts';
import type { ClusterWish } from './cluster-plan.ts';
import { type ClusterRecord, readRecord } from './cluster-record.ts';
import type { ClusterStep, ClusterSteps } from './cluster-steps.ts';
import { requireHelm } from './helm.ts';
import { noImage } from './mex-image.ts';
import { observabilityOf } from './platform-choice.ts';
import { type PlatformRequest, platformSteps } from './platform-steps.ts';
import { otherClusterSteps } from './use-context.ts';

export interface UpRequest extends PlatformRequest {
  cluster: { context: string } | ClusterWish;
}

const LOOK_MS_MAX = 30_000;

export async function upSteps(request: UpRequest): Promise<ClusterSteps> {
  const { cluster, image, wish, chartFolder } = request;
  const { folder } = image;
  const record = await readRecord(folder);
  const recorded = record?.platform;
  const byHelm = observabilityOf(recorded, wish) === 'helm';
  if (chartFolder !== undefined && !byHelm) throw chartsWithoutHelm();
  const tools = toolStep(byHelm);
  const asked = 'context' in cluster ? cluster : contextAsBefore(record, cluster);
  if ('context' in asked) {
    const { steps, session } = await otherClusterSteps(folder, asked.context);
    if (image.registry === undefined && image.name === undefined && recorded === undefined) throw noImage();
    return { session, steps: [tools, ...steps, ...platformSteps(session, 'context', request)] };
  }
  const { steps, session } = await ownClusterSteps(folder, asked);
  return { session, steps: [tools, ...steps, ...platformSteps(session, 'k3d', request)] };
}

/** The cluster of a context is taken again where nothing is said that only mex's own can have. */
function contextAsBefore(record: ClusterRecord | undefined, wish: ClusterWish): ClusterWish | { context: string } {
  const { name, agents, k3sImage, ports } = wish;
  const says = [name, agents, k3sImage, ...Object.values(ports)].some((one) => one !== undefined);
  return record?.kind === 'context' && !says ? { context: record.context } : wish;
}

/** Before anything is made. */
function toolStep(byHelm: boolean): ClusterStep {
  return {
    title: byHelm ? 'kubectl and helm' : 'kubectl',
    run: async (_report, signal) => {
      await requireKubectl(signal);
      if (byHelm) await requireHelm(signal);
      return { changed: false, found: 'there' };
    },
  };
}

async function requireKubectl(signal: AbortSignal): Promise<void> {
  const result = await tryCommand('kubectl', ['version', '--client'], { timeoutMs: LOOK_MS_MAX, signal });
  if (result.kind !== 'not found') return;
  throw new MexError('kubectl is not installed or not on the PATH, and the manifests are rendered with it', {
    code: 'KUBECTL_MISSING',
    exit: EXIT.environment,
    suggestion: 'How to install it here: mex doctor --target k8s',
  });
}

function chartsWithoutHelm(): MexError {
  return new MexError('--chart-dir is for Helm, and the monitoring is installed without it', {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'Leave it out, or say --observability helm.',
  });
}
