/** Single fields of an object that is there, set or (by null) taken away, all of them at once or none. */
import { FIELD_MANAGER } from './apply.ts';
import { nameOf, type ObjectRef, pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { KubeObject } from './object-types.ts';

/** A JSON merge patch. It may be repeated. @throws ApiRefusal */
export async function patchObject(
  api: KubeApi,
  ref: ObjectRef,
  patch: object,
  signal: AbortSignal,
): Promise<KubeObject> {
  const call = {
    attempt: `change ${nameOf(ref)}`,
    method: 'PATCH',
    path: pathOf(ref),
    query: { fieldManager: FIELD_MANAGER },
    contentType: 'application/merge-patch+json',
    body: patch,
  } as const;
  return (await api.request<KubeObject>(call, signal)).body;
}
