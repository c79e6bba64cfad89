/** Counts what a shard's log and its topics hold, by programs of their own in the engine's pod, where both are. */
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { kubectlFor } from '../../kubernetes/kube-config.ts';
import type { ShardId } from '../../protocol/shards.ts';
import { type CountOutput, eventCountOf, findFlags, logCountOf } from '../count-answers.ts';
import type { EventCount, LogCount } from '../target.ts';
import { BROKER_ADDRESS, ENGINE_CONTAINER, NAMESPACE, shardPod } from './system-names.ts';

const LOG_FOLDER = '/var/lib/mex/wal';
/** How long events may take to arrive once the load is over and the broker is back. */
const VERIFY_WAIT_S = 20;
/** An hour's log is some 100 MB, replayed in seconds. The program itself is ended first: it would outlive its connection. */
const COUNT_S_MAX = 55;
const COUNT_MS_MAX = 60_000;

/** @param find ids of orders to look for in it */
export async function countLogInPod(
  cluster: KubeCluster,
  shard: ShardId,
  find: readonly string[],
  signal: AbortSignal,
): Promise<LogCount> {
  const inspect = ['wal', 'inspect', LOG_FOLDER, '--json', ...findFlags(find)];
  return logCountOf(await outputOf(cluster, shard, inspect, signal));
}

export async function checkEventsInPod(cluster: KubeCluster, shard: ShardId, signal: AbortSignal): Promise<EventCount> {
  const wait = ['--kafka', BROKER_ADDRESS, '--wait', String(VERIFY_WAIT_S)];
  return eventCountOf(await outputOf(cluster, shard, ['events', 'verify', LOG_FOLDER, ...wait, '--json'], signal));
}

async function outputOf(
  cluster: KubeCluster,
  shard: ShardId,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CountOutput> {
  const pod = shardPod(shard);
  const argv = ['timeout', String(COUNT_S_MAX), 'node', '/app/bin/run.js', ...args];
  const where = { namespace: NAMESPACE, pod, container: ENGINE_CONTAINER };
  const ended = await cluster.runInPod({ ...where, argv, limitMs: COUNT_MS_MAX }, signal);
  const command = `${kubectlFor(cluster.ref)} -n ${NAMESPACE} exec ${pod} -- ${argv.slice(2).join(' ')}`;
  return { command, ...ended };
}
