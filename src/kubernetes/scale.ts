/** More or fewer pods of a workload; the manifest stays what it is. */
import { FIELD_MANAGER } from './apply.ts';
import { nameOf, pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { WorkloadRef } from './rollout-sight.ts';

/** Only asks for it: `waitForRollout` tells when it is so. The next apply sets what the manifest says. */
export async function scaleWorkload(
  api: KubeApi,
  ref: WorkloadRef,
  replicas: number,
  signal: AbortSignal,
): Promise<void> {
  const call = {
    attempt: `scale ${nameOf(ref)} to ${replicas}`,
    method: 'PATCH',
    path: `${pathOf(ref)}/scale`,
    query: { fieldManager: FIELD_MANAGER },
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas } },
  } as const;
  await api.request(call, signal);
}
