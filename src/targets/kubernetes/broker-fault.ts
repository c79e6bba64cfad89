/**
 * Takes the broker of a cluster away from the engines. Refused: the broker is scaled to nothing. Black hole: its process is
 * stopped where it is; where that cannot be done, it is scaled away too, which the words for it then say.
 *
 * Guarantees: when it has begun, nobody reaches the broker; it is given back when `end` is called, when this process is gone,
 * and, should even that fail, by the next mex that calls `undoLeftFault`. `end` resolves when the broker is ready again.
 */
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { FaultKind } from '../../protocol/faults.ts';
import type { ActiveFault } from '../target.ts';
import { startFaultKeeper } from './keep-fault.ts';
import { pauseBroker } from './pause-broker.ts';
import { BACK_MS_MAX, BROKER, scaleAway, scaleBack, waitBack } from './scale-broker.ts';

export { undoLeftFault } from './scale-broker.ts';

const POD = { namespace: BROKER.namespace, name: 'broker-0' };
const GIVE_BACK_MS_MAX = 30_000;
/** Beyond the limit of the waiting itself, which can say what it waited for. */
const END_MS_MAX = BACK_MS_MAX + GIVE_BACK_MS_MAX;

/** @throws MexError where nothing of it can be done; then the broker runs. */
export async function beginClusterFault(
  kind: FaultKind,
  { cluster }: { cluster: KubeCluster },
  signal: AbortSignal,
): Promise<ActiveFault> {
  if (kind === 'refused') return scaledAway(cluster, '', signal);
  let goOn: () => Promise<void>;
  try {
    goOn = await pauseBroker(cluster, POD, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof MexError)) throw thrown;
    return scaledAway(cluster, `, since it cannot be stopped in its pod: ${messageOf(thrown)}`, signal);
  }
  return {
    means: 'the broker stopped by SIGSTOP in its pod',
    async end() {
      try {
        await goOn();
      } finally {
        await waitBack(cluster, AbortSignal.timeout(END_MS_MAX));
      }
    },
  };
}

async function scaledAway(cluster: KubeCluster, why: string, signal: AbortSignal): Promise<ActiveFault> {
  const keeper = await startFaultKeeper(cluster.ref);
  const giveBack = async (): Promise<void> => {
    try {
      await scaleBack(cluster, AbortSignal.timeout(GIVE_BACK_MS_MAX));
      keeper.done();
    } catch (thrown) {
      keeper.takeOver();
      throw thrown;
    }
  };
  try {
    await scaleAway(cluster, signal);
  } catch (thrown) {
    await giveBack().catch(() => undefined);
    throw thrown;
  }
  return {
    means: `the broker scaled to 0${why}`,
    async end() {
      await giveBack();
      await waitBack(cluster, AbortSignal.timeout(END_MS_MAX));
    },
  };
}
