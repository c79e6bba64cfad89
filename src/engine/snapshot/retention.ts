/** What a shard's folder no longer needs. Pure: it names, somebody else removes, oldest first. */
import { SNAPSHOTS_KEPT } from './snapshot-store.ts';

export interface Superfluous {
  /** Indexes into the segments. */
  segments: number[];
  snapshots: number[];
}

/**
 * A segment may go when the older of the snapshots kept covers it, and all of its events have arrived. It ends where the
 * next one begins, so the last one always stays.
 *
 * @param firstSequences of the segments, in their order
 * @param snapshots sequences of those that are whole, newest first
 */
export function superfluous(
  firstSequences: readonly number[],
  snapshots: readonly number[],
  confirmedSequence: number,
): Superfluous {
  const covered = Math.min(snapshots[SNAPSHOTS_KEPT - 1] ?? 0, confirmedSequence);
  const segments: number[] = [];
  for (let index = 0; index + 1 < firstSequences.length; index++) {
    const lastSequence = (firstSequences[index + 1] ?? 0) - 1;
    if (lastSequence > covered) break;
    segments.push(index);
  }
  return { segments, snapshots: snapshots.slice(SNAPSHOTS_KEPT) };
}
