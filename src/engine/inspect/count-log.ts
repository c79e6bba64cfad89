/** What a log holds, counted by a replay. */
import { COMMAND, RecordBuffer } from '../record.ts';
import type { Disk } from '../wal/disk.ts';
import { digestText } from '../wal/replay.ts';
import { replayFolder } from './replay-folder.ts';

type CommandKind = 'place' | 'cancel' | 'amend' | 'seed' | 'reset';

export interface LogInspection {
  shardId: string;
  symbols: string[];
  segments: number;
  frames: number;
  /** Frames without a command, which say that all before them is synced. */
  seals: number;
  /** The log before it is gone: the replay began with the state after it. 0: it began with the first command. */
  snapshot: number;
  /** Of the commands that were replayed; 0 where there is none. */
  firstSequence: number;
  lastSequence: number;
  commands: Record<CommandKind, number>;
  /** Orders accepted as new, and fills, since the last reset. */
  orders: number;
  matches: number;
  resting: number;
  /** Of everything the shard ever did. */
  digest: string;
  /** Bytes behind the last whole frame that are not zeros: a write under way, or torn. */
  unfinishedBytes: number;
}

const KINDS = Object.keys({ place: 0, cancel: 0, amend: 0, seed: 0, reset: 0 }) as CommandKind[];

export async function countLog(folder: string, disk: Disk): Promise<LogInspection> {
  let commands = noCommands();
  let seals = 0;
  const { state, end, snapshot } = await replayFolder(folder, disk, {
    begin() {
      commands = noCommands();
      seals = 0;
    },
    frame({ payload, count }) {
      if (count === 0) {
        seals++;
        return;
      }
      const records = RecordBuffer.over(payload);
      for (let index = 0, offset = 0; index < count; index++, offset += records.size(offset)) {
        const kind = KINDS.find((name) => COMMAND[name] === records.kind(offset));
        if (kind !== undefined) commands[kind]++;
      }
    },
  });
  return {
    shardId: state.shardId,
    symbols: [...state.symbols],
    segments: end.segments.length,
    frames: end.frames - seals,
    seals,
    snapshot,
    firstSequence: end.lastSequence === snapshot ? 0 : snapshot + 1,
    lastSequence: end.lastSequence,
    commands,
    ...state.tally,
    resting: state.sideTotals('BUY').orders + state.sideTotals('SELL').orders,
    digest: digestText(state.digest),
    unfinishedBytes: end.torn?.bytes.length ?? 0,
  };
}

function noCommands(): Record<CommandKind, number> {
  return { place: 0, cancel: 0, amend: 0, seed: 0, reset: 0 };
}
