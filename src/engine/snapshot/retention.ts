/** What a shard's folder no longer needs. Pure: it names, somebody else removes, oldest first. */
import { SNAPSHOTS_KEPT } from './snapshot-store.ts';

export interface Superfluous {
  /** Indexes into the segments. */
  segments: number[];
  snapshots: number[];
}

/**
 * A segment may go when the older of the snapshots kept covers it, and all of its events have arrived. It ends where the
 * next one begins, so the last one always stays. Events that have not arrived are derived again from the log: so the
 * newest snapshot before them is kept, and the log behind it.
 *
 * @param firstSequences of the segments, in their order
 * @param snapshots sequences of those that are whole, newest first
 */
export function superfluous(
  firstSequences: readonly number[],
  snapshots: readonly number[],
  confirmedSequence: number,
): Superfluous {
  const unpublished = snapshots.findIndex((sequence) => sequence <= confirmedSequence);
  const kept = unpublished < 0 ? snapshots.length : Math.max(SNAPSHOTS_KEPT, unpublished + 1);
  const covered = unpublished < 0 ? 0 : (snapshots[kept - 1] ?? 0);
  const segments: number[] = [];
  for (let index = 0; index + 1 < firstSequences.length; index++) {
    const lastSequence = (firstSequences[index + 1] ?? 0) - 1;
    if (lastSequence > covered) break;
    segments.push(index);
  }
  return { segments, snapshots: snapshots.slice(kept) };
}
