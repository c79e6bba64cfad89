/** What a shard's folder no longer needs. Pure: it names, somebody else removes, oldest first. */
import { SNAPSHOTS_KEPT } from './snapshot-store.ts';

export interface Superfluous {
  /** Indexes into the segments. */
  segments: number[];
  snapshots: number[];
}

export interface Retention {
  /** Everything up to here has been published for good. */
  confirmedSequence: number;
  /** So many closed segments stay although nothing needs them. */
  retainedSegments: number;
}

/**
 * A segment may go when the older of the snapshots kept covers it, all of its events have arrived, and enough newer ones
 * are retained. It ends where the next one begins, so the last one always stays. Events that have not arrived are derived
 * again from the log, and so are those that a broker lost, or that somebody wants to hold against what a topic has: so
 * the newest snapshot before them is kept, and the log behind it.
 *
 * @param firstSequences of the segments, in their order
 * @param snapshots sequences of those that are whole, newest first
 */
export function superfluous(
  firstSequences: readonly number[],
  snapshots: readonly number[],
  { confirmedSequence, retainedSegments }: Retention,
): Superfluous {
  const retainedFrom = firstSequences.at(-1 - retainedSegments) ?? 1;
  const dispensable = Math.min(confirmedSequence, retainedFrom - 1);
  const base = snapshots.findIndex((sequence) => sequence <= dispensable);
  const kept = base < 0 ? snapshots.length : Math.max(SNAPSHOTS_KEPT, base + 1);
  const covered = base < 0 ? 0 : (snapshots[kept - 1] ?? 0);
  const segments: number[] = [];
  for (let index = 0; index + 1 < firstSequences.length; index++) {
    const lastSequence = (firstSequences[index + 1] ?? 0) - 1;
    if (lastSequence > covered) break;
    segments.push(index);
  }
  return { segments, snapshots: snapshots.slice(kept) };
}
