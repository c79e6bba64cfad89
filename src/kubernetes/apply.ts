/**
 * Brings manifests into a cluster by server-side apply: the server is told exactly what is in them, works out the change
 * itself, and refuses a field that it does not know rather than leave it out.
 *
 * Whose fields? First mex asks without force. Where the server answers that somebody else has set a field to something
 * else, mex takes it, but only in an object that it made: such a field (a CPU limit changed by hand) makes the measured
 * system another one than the manifests say. What was taken from whom is told. An object of the same name that is not
 * mex's is never touched: mex stops, since it would otherwise also remove it one day. Only a namespace that was there
 * before is used as it is.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type ApiRefusal, isRefusal } from './api-refusal.ts';
import { isNamespaced, KINDS_IN_ORDER, kindOf, nameOf, type ObjectRef, pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { kubectlFor } from './kube-config.ts';
import { isMade, markedAsMade } from './made-by-mex.ts';
import type { KubeObject } from './object-types.ts';
import { getObject } from './objects.ts';

/** Who mex is among those that set fields. */
export const FIELD_MANAGER = 'mex';

export interface Applied {
  ref: ObjectRef;
  /** `left alone`: a namespace that is not mex's. */
  outcome: 'created' | 'changed' | 'unchanged' | 'left alone';
  /** Fields that had been set by others. */
  taken: { field: string; from: string }[];
}

/** In the order in which they need each other. All are looked at before the first is applied. */
export async function applyObjects(
  api: KubeApi,
  manifests: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Applied[]> {
  const ordered = manifests
    .map((manifest) => ({ manifest, ref: refOf(manifest) }))
    .toSorted((left, right) => KINDS_IN_ORDER.indexOf(left.ref.kind) - KINDS_IN_ORDER.indexOf(right.ref.kind));
  const planned: { manifest: KubeObject; ref: ObjectRef; before: KubeObject | undefined }[] = [];
  for (const { manifest, ref } of ordered) {
    const before = await getObject(api, ref, signal);
    if (before !== undefined && !isMade(before) && ref.kind !== 'Namespace') throw foreign(api, ref);
    planned.push({ manifest, ref, before });
  }
  const applied: Applied[] = [];
  for (const plan of planned) applied.push(await applyOne(api, plan, signal));
  return applied;
}

export function refOf(manifest: KubeObject): ObjectRef {
  const kind = kindOf(manifest);
  const { name, namespace } = manifest.metadata;
  if (!isNamespaced(kind)) return { kind, name };
  if (namespace !== undefined) return { kind, name, namespace };
  throw new MexError(`The manifest of ${kind} ${name} names no namespace`, {
    code: 'BAD_MANIFEST',
    exit: EXIT.usage,
    suggestion: 'Set metadata.namespace, or "namespace" in its kustomization.yaml.',
  });
}

async function applyOne(
  api: KubeApi,
  { manifest, ref, before }: { manifest: KubeObject; ref: ObjectRef; before: KubeObject | undefined },
  signal: AbortSignal,
): Promise<Applied> {
  if (before !== undefined && !isMade(before)) return { ref, outcome: 'left alone', taken: [] };
  let taken: Applied['taken'] = [];
  let answer: { status: number; body: KubeObject };
  try {
    answer = await patch(api, { manifest, ref, force: false }, signal);
  } catch (thrown) {
    if (!isRefusal(thrown, 409)) throw thrown;
    taken = conflictsOf(thrown);
    // It may have been made since we looked, by somebody else.
    const now = await getObject(api, ref, signal);
    if (taken.length === 0) throw thrown;
    if (now !== undefined && !isMade(now)) throw foreign(api, ref);
    answer = await patch(api, { manifest, ref, force: true }, signal);
  }
  const { status, body } = answer;
  const same = before !== undefined && isSame(before, body, manifest);
  const outcome = status === 201 ? 'created' : same ? 'unchanged' : 'changed';
  return { ref, outcome, taken: taken.filter(({ from }) => from !== FIELD_MANAGER) };
}

/** The status of what runs may have changed since we looked, and with it the version of the whole: what was asked for, not. */
function isSame(before: KubeObject, after: KubeObject, { metadata }: KubeObject): boolean {
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return true;
  const { generation } = after.metadata;
  if (generation === undefined || generation !== before.metadata.generation) return false;
  const isThere = (had: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>> = {}) =>
    Object.entries(wanted).every(([name, value]) => had[name] === value);
  return isThere(before.metadata.labels, metadata.labels) && isThere(before.metadata.annotations, metadata.annotations);
}

function patch(
  api: KubeApi,
  { manifest, ref, force }: { manifest: KubeObject; ref: ObjectRef; force: boolean },
  signal: AbortSignal,
): Promise<{ status: number; body: KubeObject }> {
  const call = {
    attempt: `apply ${nameOf(ref)}`,
    method: 'PATCH',
    path: pathOf(ref),
    query: { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', ...(force && { force: 'true' }) },
    // JSON is valid YAML.
    contentType: 'application/apply-patch+yaml',
    body: markedAsMade(manifest),
  } as const;
  return api.request<KubeObject>(call, signal);
}

/** The server says it in words: `conflict with "kubectl-edit" using apps/v1`. Empty: it is another kind of conflict. */
function conflictsOf({ body }: ApiRefusal): Applied['taken'] {
  const causes = (body.details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict');
  return causes.map(({ field = '', message = '' }) => ({ field, from: /"([^"]+)"/.exec(message)?.[1] ?? message }));
}

function foreign(api: KubeApi, ref: ObjectRef): MexError {
  const place = ref.namespace === undefined ? '' : ` -n ${ref.namespace}`;
  return new MexError(`${nameOf(ref)} is there already and was not made by mex, so mex leaves it alone`, {
    code: 'NOT_MADE_BY_MEX',
    exit: EXIT.environment,
    suggestion: `If nobody needs it: ${kubectlFor(api.ref)} delete${place} ${ref.kind.toLowerCase()} ${ref.name}`,
  });
}
