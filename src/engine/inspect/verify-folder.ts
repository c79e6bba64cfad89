/** Is everything in a shard's folder whole, and does it agree? Log by replay, every snapshot against that replay. */
import { ShardState } from '../match/shard-state.ts';
import { encodeState } from '../match/state-image.ts';
import { restoreSnapshot } from '../snapshot/load-snapshot.ts';
import { SnapshotStore } from '../snapshot/snapshot-store.ts';
import type { Disk } from '../wal/disk.ts';
import { logDamaged } from '../wal/log-errors.ts';
import { replayLog } from '../wal/replay.ts';
import { replayFolder } from './replay-folder.ts';

export interface Verification {
  shardId: string;
  segments: number;
  frames: number;
  /** Of the commands whose effects were compared with what the engine had recorded. */
  firstSequence: number;
  lastSequence: number;
  /** Sequences of the snapshots that were compared with the log. */
  snapshots: number[];
  unfinishedBytes: number;
}

/** Throws, with the place, at the first thing that is not whole. @param tell told each segment that is begun */
export async function verifyFolder(
  folder: string,
  disk: Disk,
  tell: (path: string) => void = () => undefined,
): Promise<Verification> {
  const { state, end, snapshot } = await replayFolder(folder, disk, { segment: (_, path) => tell(path) });
  const store = new SnapshotStore(folder, disk);
  const snapshots = (await store.sequences()).reverse();
  for (const sequence of snapshots) await verifySnapshot(store, sequence, { state, folder, disk });
  return {
    shardId: state.shardId,
    segments: end.segments.length,
    frames: end.frames,
    firstSequence: snapshot + 1,
    lastSequence: end.lastSequence,
    snapshots,
    unfinishedBytes: end.torn?.bytes.length ?? 0,
  };
}

/** Whole, and together with the log behind it the same state as the whole log gives. */
async function verifySnapshot(
  store: SnapshotStore,
  sequence: number,
  { state, folder, disk }: { state: ShardState; folder: string; disk: Disk },
): Promise<void> {
  const path = store.path(sequence);
  const read = await store.read(sequence);
  if (!read.ok) throw logDamaged({ path, offset: 0, expected: 'a whole snapshot', found: read.found });
  const copy = new ShardState(state.shardId, state.symbols);
  await replayLog(copy, { folder, disk, from: restoreSnapshot(read.snapshot, copy, path) });
  if (!Buffer.from(encodeState(copy)).equals(encodeState(state))) {
    const expected = 'the state that the log gives';
    throw logDamaged({ path, offset: 0, expected, found: 'another one after the log behind it' });
  }
}
