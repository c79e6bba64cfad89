/** Stops the broker's process in its pod, for as long as this mex says so each second: see `pause-script.ts`. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { PodObject } from '../../kubernetes/object-types.ts';
import type { PodTalk } from '../../kubernetes/talk-in-pod.ts';
import { PAUSE_SCRIPT } from './pause-script.ts';

/** Of each broker that there are manifests of: its container, and what its process is called. */
const PROCESS_OF: Readonly<Record<string, string>> = { kafka: 'java', redpanda: 'redpanda' };
const LEASE_S = 5;
const PROLONG_EVERY_MS = 1_000;
/** Starting a shell in a container, and a JVM with many threads that stands still: seconds on a busy node. */
const STOP_MS_MAX = 15_000;
const GO_ON_MS_MAX = 10_000;

/** The function that lets it go on. @throws MexError where it could not be stopped; then it runs. */
export async function pauseBroker(
  cluster: KubeCluster,
  pod: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const { container, process } = await processOf(cluster, pod, signal);
  const argv = ['bash', '-c', PAUSE_SCRIPT, 'mex', process, String(LEASE_S)];
  const purpose = `stop ${process}`;
  const talk = await cluster.talkInPod({ namespace: pod.namespace, pod: pod.name, container, argv, purpose }, signal);
  try {
    const line = await talk.hear(STOP_MS_MAX);
    if (line !== 'stopped') throw brokenPause(`what was to stop ${process} says "${line}"`);
    signal.throwIfAborted();
  } catch (thrown) {
    // Its input ends, and whatever it stopped goes on.
    talk.hangUp();
    throw thrown;
  }
  const prolonging = setInterval(() => talk.say('hold'), PROLONG_EVERY_MS);
  return async () => {
    clearInterval(prolonging);
    try {
      await letGoOn(talk, process);
    } finally {
      talk.hangUp();
    }
  };
}

/** @throws MexError where it did not stand still all the while: then nothing that was measured meanwhile counts. */
async function letGoOn(talk: PodTalk, process: string): Promise<void> {
  const { lines, ended } = talk.pending();
  if (ended) throw brokenPause(`${process} went on before it was told to: the connection to its pod was lost`);
  talk.say('end');
  for (;;) {
    const line = lines.shift() ?? (await talk.hear(GO_ON_MS_MAX));
    if (line === 'continues') return;
    if (line === 'runs') throw brokenPause(`${process} was found running while it should have stood still`);
  }
}

async function processOf(
  cluster: KubeCluster,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<{ container: string; process: string }> {
  const pod = await cluster.get<PodObject>({ kind: 'Pod', name, namespace }, signal);
  if (pod === undefined) throw brokenPause(`there is no pod ${namespace}/${name}`);
  for (const { name: container } of pod.spec.containers ?? []) {
    const process = PROCESS_OF[container];
    if (process !== undefined) return { container, process };
  }
  throw brokenPause(`pod ${namespace}/${name} has no container of ${Object.keys(PROCESS_OF).join(' or ')}`);
}

function brokenPause(message: string): MexError {
  return new MexError(message, { code: 'FAULT', exit: EXIT.environment });
}
