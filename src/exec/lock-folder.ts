/**
 * One process a folder. On Linux the lock is a socket in the abstract namespace, named after the folder's device and
 * inode: the kernel frees it however its holder ends. Elsewhere a file with the holder's pid, taken over from the dead.
 */
import { readFile, realpath, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

export type ReleaseLock = () => Promise<void>;

/** @param inUse what is thrown when another process has it */
export async function lockFolder(folder: string, inUse: (folder: string) => Error): Promise<ReleaseLock> {
  return process.platform === 'linux' ? lockBySocket(folder, inUse) : lockByFile(folder, inUse);
}

async function lockBySocket(folder: string, inUse: (folder: string) => Error): Promise<ReleaseLock> {
  const { dev, ino } = await stat(await realpath(folder));
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) =>
      reject(thrown.code === 'EADDRINUSE' ? inUse(folder) : thrown),
    );
    server.listen({ path: `\0mex-folder-${dev}-${ino}` }, resolve);
  });
  server.unref();
  return () => new Promise<void>((resolve) => server.close(() => resolve()));
}

async function lockByFile(folder: string, inUse: (folder: string) => Error): Promise<ReleaseLock> {
  const path = join(folder, 'owner.pid');
  const claim = () => writeFile(path, String(process.pid), { flag: 'wx' });
  try {
    await claim();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    if (isAlive(Number(await readFile(path, 'utf8')))) throw inUse(folder);
    await unlink(path);
    await claim();
  }
  return () => unlink(path);
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
