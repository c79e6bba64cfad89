/**
 * Takes the broker away from the engines, through the proxy between them. The proxy ends a fault whose lease is not
 * prolonged, so it is over soon after this process is, however that ended.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { ProcessIdentity } from '../../exec/process-identity.ts';
import type { FaultKind } from '../../protocol/faults.ts';
import type { ActiveFault } from '../target.ts';
import type { ProcessRecord } from './local-state.ts';
import { endpointOf } from './server-specs.ts';

const LEASE_MS = 5_000;
const PROLONG_EVERY_MS = 1_000;
const ANSWER_MS_MAX = 3_000;

interface BrokerPlace {
  records: readonly ProcessRecord[];
  /** The broker's process, if it may be stopped with SIGSTOP; any other is cut off by the proxy. */
  stoppable: ProcessIdentity | undefined;
}

export async function beginLocalFault(
  kind: FaultKind,
  { records, stoppable }: BrokerPlace,
  signal: AbortSignal,
): Promise<ActiveFault> {
  const proxy = records.find(({ role }) => role === 'proxy');
  if (proxy === undefined) throw faultFailed('there is no proxy', 'Run: mex undeploy, then again.');
  const url = `${endpointOf(proxy).url}/fault`;
  const { fault, means } = faultOf(kind, stoppable);
  const body = JSON.stringify({ fault, leaseMs: LEASE_MS });
  await call(url, { method: 'PUT', body, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]) });
  const prolonging = setInterval(() => {
    call(url, { method: 'PUT', body, signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch(() => undefined);
  }, PROLONG_EVERY_MS);
  return {
    means,
    async end() {
      clearInterval(prolonging);
      await call(url, { method: 'DELETE', signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    },
  };
}

function faultOf(kind: FaultKind, broker: ProcessIdentity | undefined): { fault: object; means: string } {
  if (kind === 'refused') return { fault: { kind: 'refuse' }, means: 'connections refused by the proxy' };
  if (broker === undefined) return { fault: { kind: 'black-hole' }, means: 'nothing passed on by the proxy' };
  const { pid, startTime, bootId } = broker;
  return { fault: { kind: 'pause', process: { pid, startTime, bootId } }, means: 'the broker stopped by SIGSTOP' };
}

async function call(url: string, request: RequestInit): Promise<void> {
  try {
    const response = await fetch(url, request);
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  } catch (cause) {
    throw faultFailed(messageOf(cause), `See what runs: curl ${url}`, cause);
  }
}

function faultFailed(why: string, suggestion: string, cause?: unknown): MexError {
  return new MexError(`The broker cannot be taken away: ${why}`, {
    code: 'FAULT',
    exit: EXIT.environment,
    suggestion,
    cause,
  });
}
