/**
 * Which log this is: a random number, written when its folder is first used. Sequences alone do not tell the log of a
 * shard from an earlier one that was thrown away.
 */
import { join } from 'node:path';
import { type Disk, writeWhole } from './disk.ts';

const NAME = 'log-id';
const ID = /^[0-9a-f]{16}$/;

/** Null: the folder has none, being of an older release, or no log's. */
export async function readLogId(folder: string, disk: Disk): Promise<string | null> {
  if (!(await disk.list(folder)).includes(NAME)) return null;
  const text = (await disk.readFile(join(folder, NAME))).toString('utf8').trim();
  return ID.test(text) ? text : null;
}

/** @param fresh 16 hexadecimal digits, used when the folder has no id yet */
export async function ensureLogId(folder: string, disk: Disk, fresh: string): Promise<string> {
  const known = await readLogId(folder, disk);
  if (known !== null) return known;
  await writeWhole(disk, join(folder, NAME), [Buffer.from(`${fresh}\n`)]);
  return fresh;
}
