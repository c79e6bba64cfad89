/**
 * A disk of its own for a test: ext4 on a loop device, which can be cut off like a machine that loses power, or frozen
 * like a disk that hangs; and a tmpfs, which is soon full. All need root and Linux.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** `_IOR('X', 125, u32)`: ext4 stops at once; with 2, nothing that is not on disk yet gets there. */
const SHUTDOWN = `import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(fd, 0x8004587D, struct.pack("I", 2))
`;

export interface LoopDisk {
  folder: string;
  /** From now on nothing reaches the disk, whatever the programs believe. */
  cutPower(): void;
  /** Mounts it again, as after a restart of the machine. Nothing may have a file of it open. */
  powerUp(): void;
  freeze(): void;
  thaw(): void;
}

/** Why this machine cannot have such disks; `null`: it can. */
export function whyNoMounts(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  try {
    for (const tool of ['fsfreeze', 'python3']) run('which', tool);
    makeLoopDisk(16).release();
    return null;
  } catch (thrown) {
    return `mounting does not work here: ${thrown instanceof Error ? thrown.message.split('\n')[0] : thrown}`;
  }
}

export function loopDisk(megabytes: number): LoopDisk {
  const disk = makeLoopDisk(megabytes);
  onTestFinished(() => {
    disk.thaw();
    disk.release();
  });
  return disk;
}

/** A file system of so many MiB in memory. */
export function smallDisk(megabytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'mex-tmpfs-'));
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}M`, 'tmpfs', folder);
  onTestFinished(() => {
    run('umount', '-l', folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function makeLoopDisk(megabytes: number) {
  const base = mkdtempSync(join(tmpdir(), 'mex-disk-'));
  const image = join(base, 'image');
  const folder = join(base, 'mounted');
  run('truncate', '-s', `${megabytes}M`, image);
  run('mkfs.ext4', '-q', '-F', image);
  run('mkdir', folder);
  const mount = () => run('mount', '-o', 'loop', image, folder);
  let isFrozen = false;
  const thaw = () => {
    if (isFrozen) run('fsfreeze', '-u', folder);
    isFrozen = false;
  };
  mount();
  return {
    folder,
    cutPower: () => run('python3', '-c', SHUTDOWN, folder),
    powerUp: () => {
      run('umount', folder);
      mount();
    },
    freeze: () => {
      run('fsfreeze', '-f', folder);
      isFrozen = true;
    },
    thaw,
    release: () => {
      run('umount', '-l', folder);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function run(command: string, ...argv: string[]): void {
  execFileSync(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
}
