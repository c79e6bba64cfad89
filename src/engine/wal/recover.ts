/**
 * From a folder to books: replays the log through the same `apply` as live, sets a torn tail aside, and makes durable
 * what was believed before anyone is told. Holds the folder's lock while it runs.
 */
import { mkdir, truncate, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MexError } from '../../errors/mex-error.ts';
import type { ShardState } from '../match/shard-state.ts';
import { appendAll } from './disk.ts';
import { decodeCommands } from './encode-commands.ts';
import type { Frame } from './frame.ts';
import { Log, type LogOptions } from './log.ts';
import { logFailed, logLacksSymbol, logOfOtherShard } from './log-errors.ts';
import { type LogEnd, readLog, type TornTail } from './read-log.ts';

export interface Recovered {
  log: Log;
  commands: number;
  /** What was set aside, in one sentence. */
  torn: string | null;
}

export async function recover(options: LogOptions, state: ShardState): Promise<Recovered> {
  const { folder } = options;
  try {
    const end = await readLog(folder, {
      segment(header, path) {
        if (header.shardId !== options.shardId) throw logOfOtherShard(path, header.shardId, options.shardId);
        const lacking = header.symbols.find((symbol) => !options.symbols.includes(symbol));
        if (lacking !== undefined) throw logLacksSymbol(path, lacking);
      },
      frame: (frame) => applyFrame(frame, state),
    });
    const torn = end.torn === null ? null : await setAside(folder, end.torn, options);
    const segments = await syncBelieved(end, options);
    const { lastSequence, lastTimeMs, lastCrc } = end;
    const log = await Log.open(options, { segments, lastSequence, lastTimeMs, lastCrc });
    return { log, commands: lastSequence, torn };
  } catch (thrown) {
    if (thrown instanceof MexError || !isSystemError(thrown)) throw thrown;
    throw logFailed(`Recovering the log ${folder}`, thrown);
  }
}

export function applyFrame(frame: Frame, state: ShardState): void {
  for (const [index, command] of decodeCommands(frame.payload).entries()) {
    state.apply(command, { sequence: frame.firstSequence + index, timeMs: frame.timeMs });
  }
}

/** A copy first, durable, then the cut. */
async function setAside(folder: string, torn: TornTail, { disk }: LogOptions): Promise<string> {
  const tornFolder = join(folder, 'torn');
  await mkdir(tornFolder, { recursive: true });
  const copy = join(tornFolder, `${basename(torn.path)}-${torn.offset}-${Date.now()}`);
  const file = await disk.open(copy);
  await appendAll(file, torn.bytes).finally(() => file.close());
  await disk.syncPath(tornFolder);
  if (torn.offset === 0) await unlink(torn.path);
  else await truncate(torn.path, torn.offset);
  await disk.syncPath(folder);
  return `${torn.bytes.length} bytes at byte ${torn.offset} of ${torn.path} were never acknowledged (${torn.found}): moved to ${copy}`;
}

/** The page cache may hold what the disk does not. Returns how many segments are left. */
async function syncBelieved(end: LogEnd, { disk }: LogOptions): Promise<number> {
  const left = end.torn?.offset === 0 ? end.segments.slice(0, -1) : end.segments;
  const last = left.at(-1);
  if (last !== undefined) await disk.syncPath(last);
  return left.length;
}

function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown;
}
