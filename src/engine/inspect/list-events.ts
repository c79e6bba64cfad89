/** Every event of a log, from a replay: the same ones, byte for byte, that the engine told. */
import type { EngineEvent } from '../../protocol/events.ts';
import { describeRow } from '../match/describe-events.ts';
import type { ShardState } from '../match/shard-state.ts';
import type { Disk } from '../wal/disk.ts';
import { replayFolder } from './replay-folder.ts';

/** @param tell called once for each, in order */
export async function listEvents(folder: string, disk: Disk, tell: (event: EngineEvent) => void): Promise<void> {
  let told = 0;
  let state: ShardState | null = null;
  await replayFolder(folder, disk, {
    begin(fresh) {
      state = fresh;
    },
    applied(firstSequence) {
      if (state === null || firstSequence <= told) return;
      const { count } = state.effects;
      for (let row = 0; row < count; row++) describeRow(state, row, firstSequence + row).forEach(tell);
      told = firstSequence + count - 1;
    },
  });
}
