/** Which troubles of pods count at once, and which only when they have lasted. */
import type { Trouble, TroubleKind } from './pod-trouble.ts';

export type Graces = Readonly<Partial<Record<TroubleKind, number>>>;

/**
 * Troubles that may pass; all others count at once. A node may become free or ready; a disk of a cloud takes up to a
 * minute; a pod that was evicted is made anew.
 */
const GRACE_MS: Graces = { unschedulable: 20_000, volume: 60_000, failed: 20_000 };
/** Of a refusal that was said before, and may have been put right since. A StatefulSet tries again within this time. */
const OLD_REFUSAL_GRACE_MS = 20_000;

export class Patience {
  readonly #graceMs: Graces;
  #sinceMs = new Map<string, number>();

  /** @param graceMs where it is to be another time */
  constructor(graceMs: Graces = {}) {
    this.#graceMs = { ...GRACE_MS, ...graceMs };
  }

  /** The first that has lasted too long. What is no more among them is forgotten. */
  exhausted(troubles: readonly Trouble[]): Trouble | undefined {
    const nowMs = performance.now();
    const keyOf = ({ kind, pod, container }: Trouble): string => [kind, pod, container].join('/');
    this.#sinceMs = new Map(troubles.map((one) => [keyOf(one), this.#sinceMs.get(keyOf(one)) ?? nowMs]));
    return troubles.find((one) => {
      const graceMs = this.#graceMs[one.kind] ?? (one.old === true ? OLD_REFUSAL_GRACE_MS : 0);
      return nowMs - (this.#sinceMs.get(keyOf(one)) ?? nowMs) >= graceMs;
    });
  }
}
