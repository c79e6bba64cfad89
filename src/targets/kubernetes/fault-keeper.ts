/**
 * Outlives mex, so that a broker which was scaled away comes back: `node fault-keeper.ts CONTEXT [KUBECONFIG]`, with an IPC
 * channel. It is there before anything is done. Told `done`, it ends; when mex is gone without that, it scales the broker
 * back, trying again while the cluster does not answer. Signals are ignored: a Ctrl-C is mex's to deal with.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors/mex-error.ts';
import { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { scaleBack } from './scale-broker.ts';

export type FromFaultKeeper = { type: 'ready' } | { type: 'failed'; message: string };

/** With the pauses between them five minutes at least: a cluster that restarts is back by then. */
const TRIES_MAX = 60;
const PAUSE_MS = 5_000;
const ONE_TRY_MS_MAX = 30_000;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const [context = '', kubeconfig] = process.argv.slice(2);
let isDone = false;

function tell(message: FromFaultKeeper): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function giveBack(cluster: KubeCluster): Promise<void> {
  for (let tried = 1; tried <= TRIES_MAX; tried++) {
    try {
      await scaleBack(cluster, AbortSignal.timeout(ONE_TRY_MS_MAX));
      break;
    } catch {
      // What a later mex finds on the StatefulSet says the same.
      await delay(PAUSE_MS);
    }
  }
  await cluster.close();
}

process.on('message', () => {
  isDone = true;
  process.disconnect();
});
try {
  const cluster = await KubeCluster.open({ context, kubeconfig });
  const leave = (): void => void (isDone ? cluster.close() : giveBack(cluster));
  if (process.connected) process.once('disconnect', leave);
  else leave();
  tell({ type: 'ready' });
} catch (thrown) {
  tell({ type: 'failed', message: messageOf(thrown) });
  if (process.connected) process.disconnect();
}
