/**
 * The files of a shard, in its folder (`WAL_PATH`):
 *
 *   epoch-000007                        how often the shard was started
 *   wal/00000000000000000001-000007.seg a segment of the log: its first sequence, the epoch of its writer
 *   wal/spare.tmp                       the next segment, filled with zeros beforehand
 *   snap/00000000000001048576.snap      the state after that sequence
 *   torn/                               what a recovery set aside; mex never removes it
 */
import { join } from 'node:path';
import type { Disk } from './disk.ts';

const SEGMENT_NAME = /^(\d{20})-(\d{6,})\.seg$/;
const EPOCH_NAME = /^epoch-(\d{6,})$/;

export interface SegmentFile {
  path: string;
  firstSequence: number;
  epoch: number;
}

export const logFolder = (folder: string): string => join(folder, 'wal');
export const tornFolder = (folder: string): string => join(folder, 'torn');
export const sparePath = (folder: string): string => join(folder, 'wal', 'spare.tmp');

export function segmentPath(folder: string, firstSequence: number, epoch: number): string {
  const name = `${String(firstSequence).padStart(20, '0')}-${String(epoch).padStart(6, '0')}.seg`;
  return join(logFolder(folder), name);
}

/** In the order in which they were written. */
export async function listSegments(folder: string, disk: Disk): Promise<SegmentFile[]> {
  const names = await disk.list(logFolder(folder));
  const files = names.flatMap((name) => {
    const [, first, epoch] = SEGMENT_NAME.exec(name) ?? [];
    if (first === undefined || epoch === undefined) return [];
    return [{ path: join(logFolder(folder), name), firstSequence: Number(first), epoch: Number(epoch) }];
  });
  return files.sort((left, right) => left.firstSequence - right.firstSequence || left.epoch - right.epoch);
}

/** Counts the start: the file of the new epoch is there, durably, before the old one goes. */
export async function nextEpoch(folder: string, disk: Disk): Promise<number> {
  const epochs = (await disk.list(folder)).flatMap((name) => EPOCH_NAME.exec(name)?.[1] ?? []).map(Number);
  const epoch = Math.max(0, ...epochs) + 1;
  const path = (number: number): string => join(folder, `epoch-${String(number).padStart(6, '0')}`);
  await (await disk.create(path(epoch))).close();
  await disk.syncFolder(folder);
  for (const old of epochs) await disk.remove(path(old));
  return epoch;
}
