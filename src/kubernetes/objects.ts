/** Objects read, found by label, and removed. What is not there is an answer, not an error. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { isRefusal } from './api-refusal.ts';
import { collectionPath, type Kind, nameOf, type ObjectRef, pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { KubeObject } from './object-types.ts';
import { type PollOptions, pollUntil } from './poll.ts';

export interface ListQuery {
  /** Absent: of all namespaces. */
  namespace?: string;
  labels?: Readonly<Record<string, string>>;
  /** Such as `involvedObject.uid`. */
  fields?: Readonly<Record<string, string>>;
}

export interface RemoveOptions {
  /** How long it may take to be gone. Absent: not waited for. */
  goneMsMax?: number;
  /** Of a pod: from asking it to end to killing it. Absent: what the pod says. */
  graceSeconds?: number;
  everyMs?: number;
}

/** Undefined: there is none. */
export async function getObject<T extends KubeObject>(
  api: KubeApi,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return (await api.request<T>({ attempt: `read ${nameOf(ref)}`, method: 'GET', path: pathOf(ref) }, signal)).body;
  } catch (thrown) {
    if (isRefusal(thrown, 404)) return undefined;
    throw thrown;
  }
}

export async function listObjects<T extends KubeObject>(
  api: KubeApi,
  kind: Kind,
  { namespace, labels, fields }: ListQuery,
  signal: AbortSignal,
): Promise<T[]> {
  const query = {
    ...(labels !== undefined && { labelSelector: selectorOf(labels) }),
    ...(fields !== undefined && { fieldSelector: selectorOf(fields) }),
  };
  const attempt = `list ${kind} objects${namespace === undefined ? '' : ` in ${namespace}`}`;
  const call = { attempt, method: 'GET', path: collectionPath(kind, namespace), query } as const;
  return (await api.request<{ items?: T[] }>(call, signal)).body.items ?? [];
}

/**
 * Removes one object, with what it owns. False: it was not there.
 * @throws MexError `STILL_THERE` when it is not gone in time; that its name is used by a new one counts as gone.
 */
export async function removeObject(
  api: KubeApi,
  ref: ObjectRef,
  options: RemoveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const before = await getObject(api, ref, signal);
  if (before === undefined) return false;
  const { goneMsMax, graceSeconds, everyMs } = options;
  const body = {
    propagationPolicy: 'Background',
    // Not a later object of the same name, should the request be repeated.
    preconditions: { uid: before.metadata.uid },
    ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
  };
  const call = { attempt: `remove ${nameOf(ref)}`, method: 'DELETE', path: pathOf(ref), body } as const;
  try {
    await api.request({ ...call, contentType: 'application/json' }, signal);
  } catch (thrown) {
    // 409: the uid is another one's by now.
    if (!isRefusal(thrown, 404) && !isRefusal(thrown, 409)) throw thrown;
  }
  const { uid } = before.metadata;
  const poll = { signal, ...(everyMs !== undefined && { everyMs }) };
  if (goneMsMax !== undefined) await waitGone(api, { ref, uid }, { ...poll, limitMs: goneMsMax });
  return true;
}

/** @throws MexError `NOT_THERE` when nobody has made it in time */
export async function waitForObject(api: KubeApi, ref: ObjectRef, limitMs: number, signal: AbortSignal): Promise<void> {
  if ((await pollUntil(() => getObject(api, ref, signal), { limitMs, signal })) !== undefined) return;
  throw new MexError(`There is no ${nameOf(ref)} after ${limitMs / 1_000} s`, {
    code: 'NOT_THERE',
    exit: EXIT.environment,
  });
}

async function waitGone(
  api: KubeApi,
  { ref, uid }: { ref: ObjectRef; uid: string | undefined },
  poll: PollOptions,
): Promise<void> {
  const { limitMs, signal } = poll;
  let last: KubeObject | undefined;
  const look = async (): Promise<true | undefined> => {
    last = await getObject(api, ref, signal);
    return last === undefined || last.metadata.uid !== uid ? true : undefined;
  };
  if ((await pollUntil(look, poll)) !== undefined) return;
  throw new MexError(`${nameOf(ref)} is not gone after ${limitMs / 1_000} s${whatHolds(last)}`, {
    code: 'STILL_THERE',
    exit: EXIT.environment,
    suggestion: 'It may still go: run this again.',
  });
}

/** What a namespace says that still holds it. */
function whatHolds(last: KubeObject | undefined): string {
  const { conditions = [] } = (last?.status ?? {}) as { conditions?: { status: string; message?: string }[] };
  const holding = conditions.filter(({ status, message }) => status === 'True' && message !== undefined);
  const said = holding.map(({ message }) => message);
  return said.length === 0 ? '' : `: ${said.join('; ')}`;
}

function selectorOf(wanted: Readonly<Record<string, string>>): string {
  return Object.entries(wanted)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
