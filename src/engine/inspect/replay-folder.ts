/**
 * An independent witness of a shard's folder: replays its log, of a running engine too, from the beginning if that is
 * still there, else from the oldest snapshot. It writes nothing and takes no lock; an unfinished tail is left out.
 */
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { ShardState } from '../match/shard-state.ts';
import { restoreSnapshot } from '../snapshot/load-snapshot.ts';
import type { Snapshot } from '../snapshot/snapshot-format.ts';
import { SnapshotStore } from '../snapshot/snapshot-store.ts';
import type { Disk } from '../wal/disk.ts';
import { listSegments, type SegmentFile } from '../wal/folder.ts';
import { logFailed } from '../wal/log-errors.ts';
import type { LogEnd } from '../wal/read-log.ts';
import { type ReplayOptions, replayLog } from '../wal/replay.ts';
import { readSegmentHeader } from '../wal/segment-header.ts';

export interface FolderReplay {
  state: ShardState;
  end: LogEnd;
  /** Sequence of the snapshot that it began with; 0: none, from the beginning. */
  snapshot: number;
}

/** What may be watched of a replay. */
export interface ReplayWatch extends Pick<ReplayOptions, 'segment' | 'frame' | 'applied'> {
  /** The reading begins, perhaps anew, with this state before its first command. */
  begin?(state: ShardState): void;
}

/** A running engine removes what a snapshot covers: then the reading begins anew. */
const ATTEMPTS_MAX = 5;

export async function replayFolder(folder: string, disk: Disk, watch: ReplayWatch = {}): Promise<FolderReplay> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await replayOnce(folder, disk, watch);
    } catch (thrown) {
      if (thrown instanceof MexError) throw thrown;
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone || attempt === ATTEMPTS_MAX) throw logFailed(`Reading the log ${folder}`, thrown);
    }
  }
}

async function replayOnce(folder: string, disk: Disk, watch: ReplayWatch): Promise<FolderReplay> {
  const segments = await listSegments(folder, disk);
  const [oldest] = segments;
  if (oldest === undefined) throw notALog(folder);
  const store = new SnapshotStore(folder, disk);
  const snapshot = oldest.firstSequence === 1 ? null : await snapshotBefore(store, segments);
  const head = snapshot ?? (await headOf(oldest, disk));
  const state = new ShardState(head.shardId, await symbolsOf(segments, disk, head.symbols));
  const from = snapshot && restoreSnapshot(snapshot, state, store.path(snapshot.sequence));
  watch.begin?.(state);
  const end = await replayLog(state, { folder, disk, ...watch, ...(from && { from }) });
  return { state, end, snapshot: snapshot?.sequence ?? 0 };
}

/** The oldest whole one behind which the log goes on. */
async function snapshotBefore(store: SnapshotStore, segments: readonly SegmentFile[]): Promise<Snapshot | null> {
  const begins = new Set(segments.map(({ firstSequence }) => firstSequence));
  for (const sequence of (await store.sequences()).reverse()) {
    if (!begins.has(sequence + 1)) continue;
    const read = await store.read(sequence);
    if (read.ok) return read.snapshot;
  }
  return null;
}

async function headOf({ path }: SegmentFile, disk: Disk): Promise<{ shardId: string; symbols: string[] }> {
  const read = readSegmentHeader(await disk.readFile(path));
  // What is wrong with it the replay will say.
  return read.ok ? read.header : { shardId: '', symbols: [] };
}

/** Of all segments: a shard may have got more of them over time. */
async function symbolsOf(segments: readonly SegmentFile[], disk: Disk, first: readonly string[]): Promise<string[]> {
  const symbols = new Set(first);
  for (const segment of segments) for (const symbol of (await headOf(segment, disk)).symbols) symbols.add(symbol);
  return [...symbols];
}

function notALog(folder: string): MexError {
  return new MexError(`No log in ${folder}: it holds no wal/*.seg`, {
    code: 'LOG_ABSENT',
    exit: SERVER_EXIT.io,
    suggestion: 'Give the folder that an engine has as WAL_PATH.',
  });
}
