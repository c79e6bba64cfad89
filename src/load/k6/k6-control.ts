/**
 * A k6 that waits in a pod, told when to begin and when to stop: by `k6/lib/control.js`, run by a second k6 beside it, since
 * the image has nothing else that could ask its REST API. What this k6 says of the clock there is held against ours.
 */
import { z } from 'zod';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { pollUntil } from '../../kubernetes/poll.ts';
import { CONTAINER, CONTROL_ADDRESS, CONTROL_SCRIPT } from './job-manifests.ts';

export interface PodOfK6 {
  cluster: KubeCluster;
  namespace: string;
  pod: string;
}

/** From its container running to its virtual users being there, on a CPU that others use too. */
export const READY_MS_MAX = 60_000;
/** One call: some tenths of a second, and up to 10 s that it waits by itself. */
const CALL_MS_MAX = 30_000;
/** Beyond it metrics, which are cut by the times of orders, would be those of other orders. */
const CLOCK_APART_MS_MAX = 1_000;

const answer = z.object({ nowMs: z.number() });

/** Until it has its virtual users. @throws MexError when it does not get so far, or where its clock is another. */
export async function untilReady(
  of: PodOfK6,
  { signal, everyMs }: { signal: AbortSignal; everyMs: number },
): Promise<void> {
  let last = 'it does not answer';
  const look = async (): Promise<true | undefined> => {
    const askedAtMs = Date.now();
    const found = await call(of, { ACT: 'wait' }, signal).catch((thrown: unknown) => {
      signal.throwIfAborted();
      last = messageOf(thrown);
    });
    if (found === undefined) return undefined;
    checkClock(of.pod, found.nowMs, { askedAtMs, answeredAtMs: Date.now() });
    return true;
  };
  if ((await pollUntil(look, { limitMs: READY_MS_MAX, everyMs, signal })) !== undefined) return;
  throw failed(`k6 in pod ${of.pod} was not ready after ${READY_MS_MAX / 1_000} s: ${last}`, 'K6_NOT_READY');
}

/** @param atMs when it is to begin, by the clock of its node: several begin together however long each call takes */
export async function release(of: PodOfK6, atMs: number, signal: AbortSignal): Promise<void> {
  await call(of, { ACT: 'release', AT: String(atMs) }, signal);
}

/** It lets the orders under way end, and writes its summary. */
export async function stop(of: PodOfK6, signal: AbortSignal): Promise<void> {
  await call(of, { ACT: 'stop' }, signal);
}

async function call({ cluster, namespace, pod }: PodOfK6, env: Record<string, string>, signal: AbortSignal) {
  const variables = Object.entries({ ADDRESS: CONTROL_ADDRESS, ...env });
  const options = ['--quiet', '--no-color', '--no-usage-report', '--log-format', 'raw'];
  const argv = ['k6', 'run', ...options, ...variables.flatMap(([name, value]) => ['-e', `${name}=${value}`])];
  const request = { namespace, pod, container: CONTAINER, argv: [...argv, CONTROL_SCRIPT], limitMs: CALL_MS_MAX };
  const { exitCode, stdout, stderr } = await cluster.runInPod(request, signal);
  const found = answer.safeParse(jsonOf(stdout));
  if (exitCode === 0 && found.success) return found.data;
  const said = stderr.trim() === '' ? stdout : stderr;
  throw failed(`k6 in pod ${pod} could not be told to ${env.ACT}: it ended with ${exitCode}: ${lastOf(said)}`);
}

/** What the clock showed lies between the two times, as far as it is right. */
function checkClock(
  pod: string,
  nowMs: number,
  { askedAtMs, answeredAtMs }: Record<'askedAtMs' | 'answeredAtMs', number>,
) {
  const aheadMs = nowMs - answeredAtMs;
  const behindMs = askedAtMs - nowMs;
  const apartMs = Math.max(aheadMs, behindMs);
  if (apartMs <= CLOCK_APART_MS_MAX) return;
  const side = aheadMs > behindMs ? 'ahead of' : 'behind';
  throw new MexError(`The clock of pod ${pod} is ${(apartMs / 1_000).toFixed(1)} s ${side} that of this machine`, {
    code: 'CLOCKS_DIFFER',
    exit: EXIT.environment,
    suggestion: 'Let both keep time by NTP: what is measured here is cut by the times of what is sent there',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SAID_CHARACTERS_MAX = 300;

function lastOf(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(-SAID_CHARACTERS_MAX);
}

function failed(message: string, code = 'K6_FAILED'): MexError {
  return new MexError(message, { code, exit: EXIT.environment });
}
