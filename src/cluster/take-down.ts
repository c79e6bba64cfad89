/**
 * Removes what mex made, and only that. Of its own cluster: containers, network, volumes and files; docker is asked to,
 * since k3d knows nothing of a half that has no node yet, and would write to the person's kubeconfig. Of a cluster that
 * somebody else keeps: the objects with mex's label. It can be interrupted and run again.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { stopProcess } from '../exec/stop-process.ts';
import { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { CLUSTER_NAME } from './cluster-plan.ts';
import { type ClusterRecord, readRecord, refOf, removeRecord } from './cluster-record.ts';
import { type ClusterParts, partsOf, removeParts, requireDocker } from './docker.ts';
import { removeCharts } from './monitoring.ts';
import { lookAtCluster, type OwnClusterSight } from './own-cluster.ts';

export interface TakenDown {
  /** What was removed, by name. */
  removed: string[];
  /** Why something of that name was left; absent: nothing was. */
  left?: string;
}

/** What docker was still making when k3d was ended appears a moment later. */
const ROUNDS_MAX = 3;

/** @param consent to remove things from a cluster that is not mex's own */
export async function takeDown(
  folder: string,
  { consent, report }: { consent: boolean; report: (line: string) => void },
  signal: AbortSignal,
): Promise<TakenDown> {
  const record = await readRecord(folder);
  if (record?.kind === 'context') {
    if (!consent) throw withoutConsent(record.context);
    const removed = await emptyOther(record, { folder, report }, signal);
    await removeRecord(folder);
    return { removed };
  }
  await requireDocker(signal);
  const name = record?.plan.name ?? CLUSTER_NAME;
  const { state, parts, madeIn } = await lookAtCluster(name, { record, folder }, signal);
  if (state === 'foreign') {
    const who = madeIn === undefined ? 'was not made by mex' : `was made by the mex of ${madeIn}`;
    if (record !== undefined) await removeRecord(folder);
    return { removed: [], left: `the k3d cluster ${name} ${who}` };
  }
  await stopMaker(record);
  const removed = await removeAll(name, parts, report, signal);
  await removeRecord(folder);
  return { removed };
}

/** What an interruption left, down to the last piece. */
export async function removeHalf(
  record: ClusterRecord | undefined,
  { name, parts }: OwnClusterSight,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await stopMaker(record);
  await removeAll(name, parts, report, signal);
}

/** A k3d whose mex was killed still makes nodes. */
async function stopMaker(record: ClusterRecord | undefined): Promise<void> {
  if (record?.kind === 'k3d' && record.maker !== undefined) await stopProcess(record.maker);
}

async function removeAll(
  name: string,
  first: ClusterParts,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const removed = new Set<string>();
  let parts = first;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const names = [...parts.containers.map((one) => one.name), ...parts.networks, ...parts.volumes];
    if (names.length === 0) return [...removed];
    report(names.join(', '));
    await removeParts(parts, signal);
    for (const one of names) removed.add(one);
    parts = await partsOf(name, signal);
  }
  const names = [...parts.containers.map((one) => one.name), ...parts.networks, ...parts.volumes];
  if (names.length === 0) return [...removed];
  throw new MexError(`Still there after ${ROUNDS_MAX} attempts: ${names.join(', ')}`, {
    code: 'STILL_THERE',
    exit: EXIT.environment,
    suggestion: 'See: docker ps --all; then run mex cluster down again.',
  });
}

async function emptyOther(
  record: ClusterRecord,
  { folder, report }: { folder: string; report: (line: string) => void },
  signal: AbortSignal,
): Promise<string[]> {
  const cluster = await KubeCluster.open(refOf(record, folder));
  try {
    const releases = await removeCharts({ cluster, folder }, { goWithNamespace: true, report }, signal);
    return [...releases, ...(await cluster.removeMade(report, signal))];
  } finally {
    await cluster.close();
  }
}

function withoutConsent(context: string): MexError {
  return new MexError(
    `This removes what mex made from the cluster of context "${context}", with the logs of its engines`,
    {
      code: 'CONSENT_MISSING',
      exit: EXIT.usage,
      suggestion: 'If that is meant: mex cluster down --yes',
    },
  );
}
