/** What the log needs of a disk, and nothing more: tests put a failing one in its place. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export interface LogFile {
  /** Writes at the end; may write less than all, like `write(2)`. Returns the bytes written. */
  append(bytes: Uint8Array): Promise<number>;
  /** `fdatasync(2)`: what was appended is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** A new file; fails where one of that name exists. */
  open(path: string): Promise<LogFile>;
  /** Makes a file's name or its content, made by someone else, durable. */
  syncPath(path: string): Promise<void>;
}

export const systemDisk: Disk = {
  async open(path) {
    const file = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
      0o640,
    );
    return {
      append: async (bytes) => (await file.write(bytes)).bytesWritten,
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
  async syncPath(path) {
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  },
};

/** Writes all of it, however short the writes are, and syncs once. */
export async function appendAll(file: LogFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const count = await file.append(written === 0 ? bytes : bytes.subarray(written));
    if (count <= 0) throw new Error(`wrote ${written} of ${bytes.length} bytes`);
    written += count;
  }
  await file.sync();
}
