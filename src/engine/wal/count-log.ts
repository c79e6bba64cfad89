/**
 * An independent witness: replays a log, of a running engine too, and counts. It writes nothing and takes no lock; an
 * unfinished tail is left out.
 */
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { Command } from '../commands.ts';
import { ShardState } from '../match/shard-state.ts';
import { decodeCommands } from './encode-commands.ts';
import { logFailed, logOfOtherShard } from './log-errors.ts';
import { type LogEnd, readLog } from './read-log.ts';

export interface LogInspection {
  shardId: string;
  symbols: string[];
  segments: number;
  frames: number;
  /** 0 where the log holds no command. */
  firstSequence: number;
  lastSequence: number;
  commands: Record<Command['kind'], number>;
  /** Orders accepted as new, and fills, since the last reset in the log. */
  orders: number;
  matches: number;
  /** Bytes behind the last whole frame: a write under way, or torn. */
  unfinishedBytes: number;
}

export async function countLog(folder: string): Promise<LogInspection> {
  const commands = { place: 0, cancel: 0, seed: 0, reset: 0 };
  let state: ShardState | null = null;
  const end = await read(folder, {
    segment({ shardId, symbols }, path) {
      if (state === null) state = new ShardState(shardId, symbols);
      else if (state.shardId !== shardId) throw logOfOtherShard(path, shardId, state.shardId);
      else state.addSymbols(symbols);
    },
    frame({ payload, firstSequence, timeMs }) {
      for (const [index, command] of decodeCommands(payload).entries()) {
        commands[command.kind]++;
        state?.apply(command, { sequence: firstSequence + index, timeMs });
      }
    },
  });
  const found = state as ShardState | null;
  if (found === null) throw notALog(folder);
  return {
    shardId: found.shardId,
    symbols: found.symbols,
    segments: end.segments.length,
    frames: end.frames,
    firstSequence: end.lastSequence === 0 ? 0 : 1,
    lastSequence: end.lastSequence,
    commands,
    ...found.tally,
    unfinishedBytes: end.torn?.bytes.length ?? 0,
  };
}

async function read(folder: string, visitor: Parameters<typeof readLog>[1]): Promise<LogEnd> {
  try {
    return await readLog(folder, visitor);
  } catch (thrown) {
    if (thrown instanceof MexError) throw thrown;
    throw logFailed(`Reading the log ${folder}`, thrown);
  }
}

function notALog(folder: string): MexError {
  return new MexError(`No log in ${folder}: it holds no segment-00000001.log`, {
    code: 'LOG_ABSENT',
    exit: SERVER_EXIT.io,
    suggestion: 'Give the folder that an engine has as WAL_PATH.',
  });
}
