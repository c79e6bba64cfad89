/** Applies a log to a state as the engine did, and holds it to what the engine wrote down: the digest at every frame. */
import { AHEAD_MAX } from '../book/ids-ahead.ts';
import type { OrderTable } from '../book/order-table.ts';
import type { LogPosition } from '../match/shard.ts';
import { hasOrderId, RecordBuffer } from '../record.ts';
import type { Disk } from './disk.ts';
import type { Frame } from './frame.ts';
import { logOfOtherShard, replayDiffers } from './log-errors.ts';
import { LOG_BEGINNING, type LogEnd, type LogPlace, type LogVisitor, readLog } from './read-log.ts';

/** What a log is replayed into. */
export interface Replica {
  readonly shardId: string;
  /** Of all that was applied. */
  readonly digest: Uint32Array;
  readonly effects: { clear(): void };
  readonly orders: Pick<OrderTable, 'expectNothing' | 'expect' | 'fetchExpected'>;
  readSymbols(symbols: readonly string[]): void;
  apply(records: RecordBuffer, offset: number, at: LogPosition): void;
}

export interface ReplayOptions {
  folder: string;
  disk: Disk;
  from?: LogPlace;
  /** Not the last segment, which an engine may be writing. */
  closedOnly?: boolean;
  /** Called before what it names is replayed; throws to refuse it. */
  segment?: LogVisitor['segment'];
  frame?: LogVisitor['frame'];
  /** What the commands from this sequence on did is in the replica's effects, until this returns. */
  applied?: (firstSequence: number) => void;
}

export async function replayLog(replica: Replica, options: ReplayOptions): Promise<LogEnd> {
  return await readLog(
    options,
    {
      segment(header, path) {
        if (header.shardId !== replica.shardId) throw logOfOtherShard(path, header.shardId, replica.shardId);
        options.segment?.(header, path);
        replica.readSymbols(header.symbols);
      },
      frame(frame, place) {
        options.frame?.(frame, place);
        applyFrame(replica, frame, place);
        options.applied?.(frame.firstSequence);
        replica.effects.clear();
      },
    },
    options.from ?? LOG_BEGINNING,
  );
}

/** What the commands of a frame did is in the replica's effects. @throws MexError when it is not in the state before them */
export function applyFrame(replica: Replica, frame: Frame, place: { path: string; offset: number }): void {
  const { payload, firstSequence, timeMs, count } = frame;
  const [expected, found] = [digestText(frame.digest), digestText(replica.digest)];
  if (expected !== found) throw replayDiffers(place, expected, found);
  if (count === 0) return;
  const records = RecordBuffer.over(payload);
  const at = { sequence: firstSequence, timeMs };
  for (let index = 0, offset = 0; index < count; index++, offset += records.size(offset)) {
    if (index % AHEAD_MAX === 0) lookAhead(replica, records, offset, Math.min(AHEAD_MAX, count - index));
    at.sequence = firstSequence + index;
    replica.apply(records, offset, at);
  }
}

/** What the next `count` records will need of memory is fetched for all of them at once. */
function lookAhead({ orders }: Replica, records: RecordBuffer, offset: number, count: number): void {
  orders.expectNothing();
  for (let index = 0, at = offset; index < count; index++, at += records.size(at)) {
    if (hasOrderId(records.kind(at))) orders.expect(records, at);
  }
  orders.fetchExpected();
}

export function digestText(digest: Uint32Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('hex');
}
