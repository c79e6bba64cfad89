/**
 * Brings the system under test to what the manifests say: applied, rolled out side by side, and without what they do not have.
 *
 * Guarantees: what is as the manifests say is not touched, so a pod stays as long as its manifest does; when it fails or is
 * aborted, what it made goes again, volumes too. Left out: a manifest that changed what was there before stays changed,
 * since what it replaced is known to nobody.
 */
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { nameOf, type ObjectRef } from '../../kubernetes/kinds.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import type { KubeObject } from '../../kubernetes/object-types.ts';
import type { RolloutOptions } from '../../kubernetes/rollout.ts';
import { removeClaims, removeSystem } from './remove-system.ts';
import { isWorkload, objectsUnderTest, refUnderTest, shardClaims, workloadRef } from './system-sight.ts';
import { withLimit } from './time-limit.ts';

export interface ChangeOptions {
  rollout: RolloutOptions;
  /** The last step: throws where what runs does not answer. */
  answers(signal: AbortSignal): Promise<void>;
}

/** Ending the pods and giving their volumes back. */
const TAKE_BACK_MS_MAX = 120_000;

/** @returns whether anything changed */
export async function changeSystem(
  cluster: KubeCluster,
  manifests: readonly KubeObject[],
  { rollout, answers }: ChangeOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const objects = await objectsUnderTest(cluster, signal);
  const before = { objects, claims: await shardClaims(cluster, signal) };
  try {
    const applied = await cluster.apply(manifests, signal);
    await rollOut(cluster, manifests, rollout, signal);
    const wanted = namesOf(manifests.map(refUnderTest));
    const superfluous = objects.filter((one) => !wanted.has(nameOf(refUnderTest(one))));
    await removeSystem(cluster, superfluous, signal);
    await answers(signal);
    return superfluous.length > 0 || applied.some(({ outcome }) => outcome === 'created' || outcome === 'changed');
  } catch (thrown) {
    await takeBack(cluster, before, thrown);
    throw thrown;
  }
}

/** The first that fails ends the waiting for the others. */
async function rollOut(
  cluster: KubeCluster,
  manifests: readonly KubeObject[],
  options: RolloutOptions,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const waiting = manifests.filter(isWorkload).map(async (workload) => {
    const { name } = workload.metadata;
    const report = (line: string): void => options.report?.(`${name}: ${line}`);
    try {
      await cluster.rollout(workloadRef(workload), { ...options, report }, either);
    } catch (thrown) {
      failed.abort(thrown);
    }
  });
  await Promise.all(waiting);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

async function takeBack(
  cluster: KubeCluster,
  before: { objects: readonly KubeObject[]; claims: readonly ObjectRef[] },
  reason: unknown,
): Promise<void> {
  const [objects, claims] = [namesOf(before.objects.map(refUnderTest)), namesOf(before.claims)];
  try {
    await withLimit(TAKE_BACK_MS_MAX, 'Taking back what was deployed', async (signal) => {
      const now = await objectsUnderTest(cluster, signal);
      await removeSystem(
        cluster,
        now.filter((one) => !objects.has(nameOf(refUnderTest(one)))),
        signal,
      );
      const made = (await shardClaims(cluster, signal)).filter((one) => !claims.has(nameOf(one)));
      await removeClaims(cluster, made, signal);
    });
  } catch (thrown) {
    if (!(reason instanceof MexError)) throw reason;
    const { code, exit } = reason;
    throw new MexError(`${reason.message}; and what was made is still there: ${messageOf(thrown)}`, {
      code,
      exit,
      suggestion: `${reason.suggestion ?? ''} To remove it: mex undeploy --target k8s`.trim(),
      cause: reason,
    });
  }
}

function namesOf(refs: readonly ObjectRef[]): Set<string> {
  return new Set(refs.map(nameOf));
}
