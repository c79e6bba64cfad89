/**
 * What log and snapshots need of a disk, and nothing more: all their files go through it, so that a simulated disk, or a
 * failing one, can stand in its place.
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DiskFile {
  /** Like `pwrite(2)`: may write less than all. Returns the bytes written. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** What was written is on disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** A new file; fails where one of that name exists. */
  create(path: string): Promise<DiskFile>;
  /** An existing file; each write is on disk when it resolves (`O_DSYNC`). */
  openSynced(path: string): Promise<DiskFile>;
  readFile(path: string): Promise<Buffer>;
  /** Names, in no order; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes names in the folder durable: of new, renamed and removed files. */
  syncFolder(path: string): Promise<void>;
  freeBytes(folder: string): Promise<number>;
}

const MODE = 0o640;

export const systemDisk: Disk = {
  create: (path) => openFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL),
  openSynced: (path) => openFile(path, constants.O_WRONLY | constants.O_DSYNC),
  readFile: (path) => readFile(path),
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw thrown;
    }
  },
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  rename,
  remove: unlink,
  async syncFolder(path) {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

async function openFile(path: string, flags: number): Promise<DiskFile> {
  const file = await open(path, flags, MODE);
  return {
    write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

/** Writes all of it, however short the writes are. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const count = await file.write(written === 0 ? bytes : bytes.subarray(written), position + written);
    if (count <= 0) throw new Error(`wrote ${written} of ${bytes.length} bytes`);
    written += count;
  }
}

/** A file that is there whole or not at all: written under another name, synced, renamed, the folder synced. */
export async function writeWhole(disk: Disk, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const unfinished = `${path}.tmp`;
  await disk.remove(unfinished).catch(() => undefined);
  const file = await disk.create(unfinished);
  try {
    let position = 0;
    for (const part of parts) {
      await writeAll(file, part, position);
      position += part.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, path);
  await disk.syncFolder(dirname(path));
}
