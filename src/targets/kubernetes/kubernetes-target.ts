/**
 * The target that runs servers as pods, in the cluster that `mex cluster up` made or was shown.
 *
 * Of a deployment nothing is kept here: each question is put to the cluster. What stands there for long, broker and
 * monitoring, is only used. Objects without mex's label count for nothing, and are in the way where they have its names.
 */
import { resolve } from 'node:path';
import { ClusterSession } from '../../cluster/cluster-steps.ts';
import { isUnderTest } from '../../cluster/parts.ts';
import { renderSystem } from '../../cluster/render-system.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { lockFolder } from '../../exec/lock-folder.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { RolloutOptions } from '../../kubernetes/rollout.ts';
import type { FaultKind } from '../../protocol/faults.ts';
import type { Shape, ShardId } from '../../protocol/shards.ts';
import type { ActiveFault, Deployment, EventCount, LogCount, LostShard, Target } from '../target.ts';
import { beginClusterFault, undoLeftFault } from './broker-fault.ts';
import { changeSystem } from './change-system.ts';
import { type ClusterFacts, readClusterFacts } from './cluster-facts.ts';
import { type ClusterPlace, readPlace } from './cluster-place.ts';
import { copyPodLogs } from './copy-logs.ts';
import { checkEventsInPod, countLogInPod } from './count-in-pod.ts';
import { describeSystem, readAdminToken, readyUrls } from './describe-system.ts';
import { loseClusterShard } from './lose-shard.ts';
import { type OpenForward, Reach, type Use } from './reach.ts';
import { removeClaims, removeSystem } from './remove-system.ts';
import { serverName } from './system-names.ts';
import { lookAtSystem, objectsUnderTest, shapeOf, shardClaims } from './system-sight.ts';
import { withLimit } from './time-limit.ts';

export interface KubernetesTargetOptions {
  /** Where the record of the cluster is. Default `.mex` in the working folder. */
  folder?: string;
  /** What the command does with a deployment; port-forwards are opened for nothing else. */
  uses?: readonly Use[];
  /** How rollouts are waited for, where it is to be otherwise than usual. */
  rollout?: RolloutOptions;
  render?: typeof renderSystem;
  openForward?: (cluster: KubeCluster) => OpenForward;
}

/** A look at the cluster is some ten requests. */
const LOOK_MS_MAX = 60_000;
const UNDEPLOY_MS_MAX = 180_000;
/** Logs of a dozen containers, of some megabytes each at most. */
const COPY_MS_MAX = 120_000;

/** One connection, and what is known of the cluster behind it. */
interface Opened extends ClusterPlace {
  cluster: KubeCluster;
  reach: Reach;
}

export class KubernetesTarget implements Target {
  readonly name = 'k8s';
  readonly folder: string;
  readonly #options: KubernetesTargetOptions;
  #session: ClusterSession | undefined;
  #opened: Promise<Opened> | undefined;

  constructor(options: KubernetesTargetOptions) {
    this.folder = resolve(options.folder ?? '.mex');
    this.#options = options;
  }

  async deploy(shape: Shape, signal: AbortSignal): Promise<{ deployment: Deployment; changed: boolean }> {
    signal.throwIfAborted();
    const { cluster, platform, reach } = await this.#open();
    return this.#alone(async () => {
      await undoLeftFault(cluster, signal);
      const adminToken = await readAdminToken(cluster, signal);
      const { render = renderSystem, rollout = {} } = this.#options;
      const manifests = (await render({ platform, shape }, this.folder, signal)).filter(isUnderTest);
      const { image } = platform;
      let deployment: Deployment | undefined;
      const answers = async (): Promise<void> => {
        deployment = await describeSystem(await lookAtSystem(cluster, signal), reach, { shape, adminToken, image });
        await Promise.all(readyUrls(deployment, reach).map((url) => cluster.waitUntilAnswers(url, signal)));
      };
      const changed = await changeSystem(cluster, manifests, { rollout, answers }, signal);
      if (deployment === undefined) throw new Error('what was deployed was not described');
      return { deployment, changed };
    });
  }

  async current(): Promise<Deployment | undefined> {
    const { cluster, platform, reach } = await this.#open();
    return withLimit(LOOK_MS_MAX, 'Looking at what is deployed', async (signal) => {
      const sight = await lookAtSystem(cluster, signal);
      const shape = shapeOf(sight);
      if (shape === undefined) return undefined;
      const adminToken = await readAdminToken(cluster, signal);
      return describeSystem(sight, reach, { shape, adminToken, image: platform.image });
    });
  }

  async undeploy({ purge = false } = {}): Promise<string[]> {
    const { cluster } = await this.#open();
    return this.#alone(() =>
      withLimit(UNDEPLOY_MS_MAX, 'Removing what is deployed', async (signal) => {
        await undoLeftFault(cluster, signal);
        const removed = await removeSystem(cluster, await objectsUnderTest(cluster, signal), signal);
        if (purge) await removeClaims(cluster, await shardClaims(cluster, signal), signal);
        return removed.map(serverName);
      }),
    );
  }

  async holdsData(): Promise<boolean> {
    const { cluster } = await this.#open();
    const claims = await withLimit(LOOK_MS_MAX, 'Looking for volumes', (signal) => shardClaims(cluster, signal));
    return claims.length > 0;
  }

  async countLog(shard: ShardId, signal: AbortSignal, find: readonly string[] = []): Promise<LogCount> {
    return countLogInPod((await this.#open()).cluster, shard, find, signal);
  }

  async checkEvents(shard: ShardId, signal: AbortSignal): Promise<EventCount> {
    return checkEventsInPod((await this.#open()).cluster, shard, signal);
  }

  async beginFault(kind: FaultKind, signal: AbortSignal): Promise<ActiveFault> {
    return beginClusterFault(kind, await this.#open(), signal);
  }

  async loseShard(shard: ShardId, signal: AbortSignal): Promise<LostShard> {
    return loseClusterShard(shard, await this.#open(), signal);
  }

  async copyLogs(folder: string): Promise<void> {
    const { cluster } = await this.#open();
    await withLimit(COPY_MS_MAX, 'Copying the logs', (signal) => copyPodLogs(cluster, folder, signal));
  }

  async facts(signal: AbortSignal): Promise<ClusterFacts> {
    const { cluster, record, platform } = await this.#open();
    return readClusterFacts(cluster, record, platform, signal);
  }

  place(): Promise<ClusterPlace> {
    return readPlace(this.folder);
  }

  /** For what else is done in the same cluster: the Jobs that send the load. */
  async cluster(): Promise<KubeCluster> {
    return (await this.#open()).cluster;
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.reach.close();
    await this.#session?.close();
    this.#opened = undefined;
    this.#session = undefined;
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#connect();
    return this.#opened;
  }

  async #connect(): Promise<Opened> {
    const place = await readPlace(this.folder);
    this.#session = new ClusterSession(place.ref);
    const cluster = await this.#session.open();
    const { uses = [], openForward = forwardThrough } = this.#options;
    const ports = place.record.kind === 'k3d' ? place.record.plan.ports : undefined;
    return { ...place, cluster, reach: new Reach({ ports, uses, open: openForward(cluster) }) };
  }

  /** One mex at a time changes the cluster of a folder. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const release = await lockFolder(this.folder, busy);
    try {
      return await work();
    } finally {
      await release();
    }
  }
}

const forwardThrough =
  (cluster: KubeCluster): OpenForward =>
  (to, signal) =>
    cluster.forward(to, signal);

function busy(folder: string): MexError {
  return new MexError(`Another mex is changing the cluster of ${folder}`, {
    code: 'TARGET_BUSY',
    exit: EXIT.environment,
    suggestion: 'Wait until it has ended, then run this again.',
  });
}
