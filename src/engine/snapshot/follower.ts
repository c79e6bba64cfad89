/**
 * Makes a snapshot as an outsider: restores the newest one, replays what the log has closed since, holds the state to the
 * digest of every frame, and writes the state it got. The matcher is never paused for it, and each snapshot is a standing
 * proof that the log can be replayed and gives what the engine had.
 */
import { ShardState } from '../match/shard-state.ts';
import { encodeState } from '../match/state-image.ts';
import type { Disk } from '../wal/disk.ts';
import type { LogPlace } from '../wal/read-log.ts';
import { replayLog } from '../wal/replay.ts';
import { newestSnapshot, restoreSnapshot } from './load-snapshot.ts';
import { SnapshotStore } from './snapshot-store.ts';

export interface FollowerRequest {
  folder: string;
  shardId: string;
  symbols: string[];
}

export interface FollowerResult {
  /** Of the newest snapshot; 0: nothing is closed yet. */
  sequence: number;
  /** What was written. */
  bytes: number;
}

export async function makeSnapshot({ folder, shardId, symbols }: FollowerRequest, disk: Disk): Promise<FollowerResult> {
  const store = new SnapshotStore(folder, disk);
  const state = new ShardState(shardId, symbols);
  const newest = await newestSnapshot(store);
  const from = newest && restoreSnapshot(newest, state, store.path(newest.sequence));
  const end: LogPlace = await replayLog(state, { folder, disk, closedOnly: true, ...(from && { from }) });
  const { lastSequence: sequence, lastTimeMs: timeMs, lastCrc: chain } = end;
  if (sequence === (newest?.sequence ?? 0)) return { sequence, bytes: 0 };
  const bytes = await store.write({ shardId, symbols, sequence, timeMs, chain, image: encodeState(state) });
  return { sequence, bytes };
}
