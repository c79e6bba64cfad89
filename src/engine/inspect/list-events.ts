/** Every event of a log, from a replay: the same ones, byte for byte, that the engine tells. */
import { type EventRecord, eventRecord } from '../../protocol/event-records.ts';
import { describeRow } from '../match/describe-events.ts';
import { EFFECT } from '../match/effects.ts';
import type { ShardState } from '../match/shard-state.ts';
import type { Disk } from '../wal/disk.ts';
import { replayFolder } from './replay-folder.ts';

export interface EventsOfLog {
  shardId: string;
  /** Events from behind this sequence on were told; what was before is not in the log any more. 0: all. */
  afterSequence: number;
  lastSequence: number;
  /** Of the last reset of the books, 0 if there was none; null: the log does not reach back to it any more. */
  resetSequence: number | null;
}

/** @param tell called once for each, in order */
export async function listEvents(
  folder: string,
  disk: Disk,
  tell: (record: EventRecord) => void,
): Promise<EventsOfLog> {
  let told = 0;
  let resetSequence: number | null = 0;
  let state: ShardState | null = null;
  let timeMs = 0;
  const replay = await replayFolder(folder, disk, {
    begin(fresh) {
      state = fresh;
    },
    frame(frame) {
      timeMs = frame.timeMs;
    },
    applied(firstSequence) {
      // A reading that began anew tells nothing twice.
      if (state === null || firstSequence <= told) return;
      if (firstSequence > told + 1) resetSequence = null;
      const { count, kind } = state.effects;
      for (let row = 0; row < count; row++) {
        const sequence = firstSequence + row;
        if (kind[row] === EFFECT.reset) resetSequence = sequence;
        for (const [index, event] of describeRow(state, row, sequence).entries()) {
          tell(eventRecord(event, state.shardId, { sequence, index }, timeMs));
        }
      }
      told = firstSequence + count - 1;
    },
  });
  const { snapshot: afterSequence, end } = replay;
  if (afterSequence > told) resetSequence = null;
  return { shardId: replay.state.shardId, afterSequence, lastSequence: end.lastSequence, resetSequence };
}
