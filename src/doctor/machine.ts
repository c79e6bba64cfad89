/** The facts of this machine, read once. What they mean is decided elsewhere. */
import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface Machine {
  platform: NodeJS.Platform;
  release: string;
  arch: string;
  cores: number;
  /** Of the machine, or of the container's limit where that is lower. */
  memoryBytes: number;
  wsl: 'no' | 'WSL1' | 'WSL2';
  nodeVersion: string;
  results: FolderFacts;
}

export interface FolderFacts {
  path: string;
  exists: boolean;
  /** Of the folder, or of the nearest one above that exists. */
  writable: boolean;
  freeBytes: number;
}

/** @param root the folder in which mex is run; its state and results lie below. */
export async function readMachine(root: string): Promise<Machine> {
  const kernel = await readFile('/proc/sys/kernel/osrelease', 'utf8').catch(() => '');
  const limitBytes = process.constrainedMemory();
  return {
    platform: platform(),
    release: release(),
    arch: arch(),
    cores: availableParallelism(),
    memoryBytes: limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem(),
    wsl: wslOf(kernel),
    nodeVersion: process.versions.node,
    results: await readFolder(join(root, 'results')),
  };
}

/** WSL1 says `4.4.0-19041-Microsoft`, WSL2 `5.15.90.1-microsoft-standard-WSL2`. */
export function wslOf(kernelRelease: string): Machine['wsl'] {
  if (!/microsoft/i.test(kernelRelease)) return 'no';
  return /wsl2|microsoft-standard/i.test(kernelRelease) ? 'WSL2' : 'WSL1';
}

async function readFolder(path: string): Promise<FolderFacts> {
  const exists = await isThere(path, constants.F_OK);
  let nearest = path;
  while (!(await isThere(nearest, constants.F_OK)) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const { bavail, bsize } = await statfs(nearest);
  return { path, exists, writable: await isThere(nearest, constants.W_OK), freeBytes: bavail * bsize };
}

async function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
