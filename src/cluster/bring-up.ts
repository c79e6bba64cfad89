/**
 * Steps that bring mex's own cluster up, whatever there is of it: nothing, a half that an interruption left, one that was
 * stopped, or all of it. What somebody else made under the same name is refused.
 *
 * The record says `creating` before k3d is asked, and `made` after it is done. So a half is known as one, however mex
 * ended, and is removed and made again: there is nothing in it yet.
 */
import { randomUUID } from 'node:crypto';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { identify } from '../exec/process-identity.ts';
import { type ClusterPlan, type ClusterWish, differences, k3dConfig, planOf } from './cluster-plan.ts';
import {
  type ClusterRecord,
  clusterFiles,
  type OwnCluster,
  ownRef,
  readRecord,
  removeRecord,
  writeRecord,
  writeWhole,
} from './cluster-record.ts';
import { ClusterSession, type ClusterStep, type ClusterSteps, type StepOutcome } from './cluster-steps.ts';
import { partsOf, removeParts, requireDiskRoom, requireDocker } from './docker.ts';
import { requireFreePorts } from './host-ports.ts';
import { createCluster, kubeconfigOf, requireK3d, startCluster } from './k3d.ts';
import { lookAtCluster, type OwnClusterSight } from './own-cluster.ts';
import { ownReadySteps } from './ready-steps.ts';
import { removeHalf } from './take-down.ts';

/** @param folder the absolute path of `.mex` */
export async function ownClusterSteps(folder: string, wish: ClusterWish): Promise<ClusterSteps> {
  const plan = planFor(await readRecord(folder), wish);
  const { kubeconfig, temporary } = clusterFiles(folder);
  const session = new ClusterSession(ownRef(plan.name, folder));
  const steps: ClusterStep[] = [
    {
      title: 'docker and k3d',
      run: async (_report, signal) => {
        await requireDocker(signal);
        await requireK3d({ kubeconfig, temporary, signal });
        return { changed: false, found: 'there' };
      },
    },
    { title: `cluster ${plan.name}`, run: (report, signal) => ensureCluster(folder, plan, report, signal) },
    { title: 'kubeconfig', run: (_report, signal) => ensureKubeconfig(folder, plan.name, signal) },
    ...ownReadySteps(session, 1 + plan.agents),
  ];
  return { session, steps };
}

/** What is recorded stays, and nobody is left to believe that it was changed. */
function planFor(record: ClusterRecord | undefined, wish: ClusterWish): ClusterPlan {
  if (record === undefined) return planOf(wish);
  if (record.kind === 'context') {
    throw new MexError(`mex works on the cluster of context "${record.context}" from here`, {
      code: 'OTHER_CLUSTER',
      exit: EXIT.usage,
      suggestion: 'For a cluster of its own: mex cluster down --yes, then mex cluster up.',
    });
  }
  const differs = differences(record.plan, wish);
  // One that was never finished is made again, as it is wished for now.
  const { name } = record.plan;
  if (record.phase === 'creating' && (wish.name ?? name) === name) return planOf({ ...wish, name });
  if (differs.length === 0) return record.plan;
  throw new MexError(`The cluster is there already, and ${differs.join('; ')}`, {
    code: 'OTHER_CLUSTER',
    exit: EXIT.usage,
    suggestion: 'That cannot be changed while it is there: mex cluster down, then this again.',
  });
}

async function ensureCluster(
  folder: string,
  plan: ClusterPlan,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const record = await readRecord(folder);
  const sight = await lookAtCluster(plan.name, { record, folder }, signal);
  const context = { ...clusterFiles(folder), signal };
  switch (sight.state) {
    case 'running':
      return { changed: false, found: 'runs already' };
    case 'stopped':
      // A node that is stopped has given its ports back, and somebody else may have them.
      if (!sight.nodes.some(({ role, running }) => role === 'server' && running)) await requireFreePorts(plan.ports);
      report('it was stopped: starting it');
      await startCluster(plan.name, context);
      return { changed: true, found: 'started again' };
    case 'foreign':
      throw notOurs(sight);
    case 'broken':
      throw new MexError(`The cluster ${plan.name} lacks nodes, or mex's record of it is gone`, {
        code: 'CLUSTER_BROKEN',
        exit: EXIT.environment,
        suggestion: 'What is in it goes with it: mex cluster down, then mex cluster up.',
      });
    case 'half-made':
      report('its making was interrupted: removing what there is of it');
      await removeHalf(record, sight, report, signal);
      break;
    case 'absent':
      break;
  }
  await makeCluster(folder, plan, report, signal);
  const again = sight.state === 'half-made' ? 'made again' : 'made';
  return { changed: true, found: `${again}: 1 server, ${plan.agents} agents` };
}

async function makeCluster(
  folder: string,
  plan: ClusterPlan,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await requireFreePorts(plan.ports);
  await requireDiskRoom(signal);
  const { kubeconfig, temporary, k3dConfig: configFile } = clusterFiles(folder);
  const record: OwnCluster = { version: 1, kind: 'k3d', id: randomUUID(), phase: 'creating', plan };
  await writeRecord(folder, record);
  await writeWhole(configFile, JSON.stringify(k3dConfig(plan, { id: record.id, folder }), null, 2));
  report('k3d makes its nodes');
  try {
    await createCluster(configFile, (pid) => writeMaker(folder, record, pid), { kubeconfig, temporary, signal });
  } catch (thrown) {
    if (signal.aborted) throw interrupted(thrown);
    // k3d has taken back what it made, but for what it did not get to.
    await removeParts(await partsOf(plan.name, signal), signal);
    await removeRecord(folder);
    throw thrown;
  }
  await writeRecord(folder, { ...record, phase: 'made' });
}

async function writeMaker(folder: string, record: OwnCluster, pid: number): Promise<void> {
  const maker = await identify(pid);
  if (maker !== undefined) await writeRecord(folder, { ...record, maker });
}

async function ensureKubeconfig(folder: string, name: string, signal: AbortSignal): Promise<StepOutcome> {
  const { kubeconfig, temporary } = clusterFiles(folder);
  const text = await kubeconfigOf(name, { kubeconfig, temporary, signal });
  await writeWhole(kubeconfig, text);
  return { changed: false, found: kubeconfig };
}

function notOurs({ name, madeIn, nodes }: OwnClusterSight): MexError {
  const who = madeIn === undefined ? 'not made by mex' : `made by the mex of ${madeIn}`;
  const what = nodes.length === 0 ? `Something of a k3d cluster ${name}` : `A k3d cluster ${name}`;
  return new MexError(`${what} is there already, ${who}`, {
    code: 'NOT_MADE_BY_MEX',
    exit: EXIT.environment,
    suggestion: `Take another name (--name NAME), or if nobody needs it: k3d cluster delete ${name}; docker network rm k3d-${name}`,
  });
}

function interrupted(thrown: unknown): unknown {
  if (!(thrown instanceof MexError)) return thrown;
  return new MexError(`${thrown.message}: the cluster is half made`, {
    code: thrown.code,
    exit: thrown.exit,
    suggestion: 'To go on: mex cluster up. To remove it: mex cluster down.',
    cause: thrown,
  });
}
