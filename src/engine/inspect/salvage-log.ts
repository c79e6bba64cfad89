/**
 * What can be saved of a damaged log: everything up to the first damage, copied to a new folder that an engine starts
 * from. What lies behind the damage is given up, and said. The damaged folder is not touched.
 */
import { basename, join } from 'node:path';
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { SnapshotStore } from '../snapshot/snapshot-store.ts';
import { type Disk, writeWhole } from '../wal/disk.ts';
import { listSegments, logFolder } from '../wal/folder.ts';
import { BLOCK_BYTES, readFrame } from '../wal/frame.ts';
import { replayFolder } from './replay-folder.ts';

export interface Salvage {
  /** The new folder. */
  to: string;
  lastSequence: number;
  /** The first damage, in words; `null`: there was none, and all was copied. */
  damage: string | null;
  /** Frames behind the damage that were whole, and the last sequence among them. Given up. */
  givenUp: { frames: number; commands: number; lastSequence: number };
}

export async function salvageLog(folder: string, to: string, disk: Disk): Promise<Salvage> {
  if ((await disk.list(to)).length > 0) {
    throw new MexError(`${to} is not empty`, {
      code: 'LOG_TARGET',
      exit: SERVER_EXIT.io,
      suggestion: 'Give a new folder with --to.',
    });
  }
  const whole = { path: '', end: 0, lastSequence: 0 };
  let damage: string | null = null;
  try {
    const { end } = await replayFolder(folder, disk, {
      segment: (_, path) => Object.assign(whole, { path, end: 0 }),
      frame: ({ firstSequence, count, bytes }, { path, offset }) =>
        Object.assign(whole, { path, end: offset + bytes, lastSequence: firstSequence + count - 1 }),
    });
    whole.lastSequence = end.lastSequence;
  } catch (thrown) {
    if (!(thrown instanceof MexError) || thrown.exit !== SERVER_EXIT.data) throw thrown;
    damage = thrown.message;
  }
  await copyWhole(folder, to, { disk, whole });
  return { to, lastSequence: whole.lastSequence, damage, givenUp: await countBehind(folder, disk, whole.lastSequence) };
}

interface Whole {
  /** The last segment with whole frames, and where they end. */
  path: string;
  end: number;
  lastSequence: number;
}

async function copyWhole(folder: string, to: string, { disk, whole }: { disk: Disk; whole: Whole }): Promise<void> {
  await disk.makeFolder(logFolder(to));
  for (const { path } of await listSegments(folder, disk)) {
    const bytes = await disk.readFile(path);
    const isLast = path === whole.path;
    if (isLast && whole.end === 0) break;
    await writeWhole(disk, join(logFolder(to), basename(path)), [isLast ? bytes.subarray(0, whole.end) : bytes]);
    if (isLast) break;
  }
  const store = new SnapshotStore(folder, disk);
  const copies = new SnapshotStore(to, disk);
  for (const sequence of await store.sequences()) {
    const read = await store.read(sequence);
    if (read.ok && sequence <= whole.lastSequence) await copies.write(read.snapshot);
  }
}

async function countBehind(folder: string, disk: Disk, lastSequence: number): Promise<Salvage['givenUp']> {
  const givenUp = { frames: 0, commands: 0, lastSequence };
  for (const { path } of await listSegments(folder, disk)) {
    const bytes = await disk.readFile(path);
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const read = readFrame(bytes, at);
      if (!read.ok || read.frame.count === 0 || read.frame.firstSequence <= lastSequence) continue;
      givenUp.frames++;
      givenUp.commands += read.frame.count;
      givenUp.lastSequence = Math.max(givenUp.lastSequence, read.frame.firstSequence + read.frame.count - 1);
    }
  }
  return givenUp;
}
