/**
 * From a folder to books: counts the start, restores the newest snapshot, replays the log behind it through the same
 * `apply` as live, sets a torn tail aside, and makes durable what was believed before anyone is told. Holds the folder's
 * lock while it runs.
 */
import { basename, join } from 'node:path';
import { MexError } from '../../errors/mex-error.ts';
import { writeWhole } from './disk.ts';
import { logFolder, nextEpoch, tornFolder } from './folder.ts';
import { Log, type LogOptions } from './log.ts';
import { logFailed, logLacksSymbol, logOfOtherVersion } from './log-errors.ts';
import type { LogEnd, LogPlace, TornTail } from './read-log.ts';
import { type Replica, replayLog } from './replay.ts';

export interface RecoveryOptions extends LogOptions {
  /** Puts the newest whole snapshot into the empty state, and tells where the log goes on; `null` without one. */
  restoreSnapshot?(): Promise<LogPlace | null>;
}

export interface Recovered {
  log: Log;
  /** The last one, and how many of them were replayed. */
  sequence: number;
  replayed: number;
  /** What was set aside, in one sentence. */
  torn: string | null;
}

export async function recover(options: RecoveryOptions, state: Replica): Promise<Recovered> {
  const { folder, disk } = options;
  try {
    await refuseOldFormat(options);
    const epoch = await nextEpoch(folder, disk);
    const from = (await options.restoreSnapshot?.()) ?? undefined;
    const end = await replayLog(state, {
      folder,
      disk,
      ...(from && { from }),
      segment({ symbols }, path) {
        const lacking = symbols.find((symbol) => !options.symbols.includes(symbol));
        if (lacking !== undefined) throw logLacksSymbol(path, lacking);
      },
    });
    const torn = end.torn === null ? null : await setAside(end.torn, options);
    if (end.segments.length > 0) await makeDurable(end, options);
    state.readSymbols(options.symbols);
    const { lastSequence, lastTimeMs, lastCrc } = end;
    const log = await Log.open(options, { epoch, lastSequence, lastTimeMs, lastCrc });
    return { log, sequence: lastSequence, replayed: lastSequence - (from?.lastSequence ?? 0), torn };
  } catch (thrown) {
    if (thrown instanceof MexError || !isSystemError(thrown)) throw thrown;
    throw logFailed(`Recovering the log ${folder}`, thrown);
  }
}

/** A copy first, durable; the tail itself is cut off by `makeDurable`. */
async function setAside(torn: TornTail, { folder, disk, clock }: LogOptions): Promise<string> {
  const { path, offset, bytes, found } = torn;
  await disk.makeFolder(tornFolder(folder));
  const copy = join(tornFolder(folder), `${basename(path)}-${offset}-${clock.nowMs()}`);
  const used = bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
  await writeWhole(disk, copy, [used]);
  return `${used.length} bytes at byte ${offset} of ${path} were never acknowledged (${found}): copied to ${copy}`;
}

/**
 * The page cache may hold what the disk does not, after a sync that failed once: so what the last segment holds is
 * written again, to pages that are really written. What it had prepared and never used goes with the old file.
 */
async function makeDurable({ tail, torn }: LogEnd, { folder, disk }: LogOptions): Promise<void> {
  const isHeaderTorn = torn?.offset === 0;
  if (isHeaderTorn) await disk.remove(torn.path);
  if (tail !== null && tail.frames > 0 && tail.bytes.length < tail.fileBytes)
    await writeWhole(disk, tail.path, [tail.bytes]);
  if (tail !== null && tail.frames === 0) await disk.remove(tail.path);
  await disk.syncFolder(logFolder(folder));
}

/** The first format, of no release, had its segments in the folder itself. */
async function refuseOldFormat({ folder, disk }: LogOptions): Promise<void> {
  const old = (await disk.list(folder)).find((name) => /^segment-\d{8}\.log$/.test(name));
  if (old !== undefined) throw logOfOtherVersion(join(folder, old), 1, 2);
}

function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown;
}
