import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Snapshots } from '../../../src/engine/snapshot/snapshots.ts';
import { systemDisk } from '../../../src/engine/wal/disk.ts';

/** Closes segments of 100 bytes, each after what the one before led to, and tells at which a snapshot was made. */
async function takenAt(segments: number, follow: (attempt: number) => Promise<{ sequence: number; bytes: number }>) {
  const folder = mkdtempSync(join(tmpdir(), 'mex-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const taken: number[] = [];
  let closed = 0;
  const snapshots = new Snapshots({
    ...{ folder, shardId: 'a', symbols: ['X'], disk: systemDisk, segmentBytesMax: 100, retentionBytes: 0 },
    confirmedSequence: () => 0,
    tell: () => undefined,
    diverged: (error) => {
      throw error;
    },
    follow: async () => {
      taken.push(closed);
      return follow(taken.length);
    },
  });
  for (closed = 1; closed <= segments; closed++) {
    snapshots.take();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await snapshots.close();
  return taken;
}

it('makes a snapshot with each segment while the state is small', async () => {
  expect(await takenAt(4, async (sequence) => ({ sequence, bytes: 20 }))).toEqual([1, 2, 3, 4]);
});

it('waits for four times a large state of log', async () => {
  expect(await takenAt(9, async (sequence) => ({ sequence, bytes: 90 }))).toEqual([1, 5, 9]);
});

it('tries again with the next segment after one that failed', async () => {
  const failing = async (attempt: number) => {
    if (attempt === 2) throw new Error('the disk is full');
    return { sequence: attempt, bytes: 60 };
  };
  expect(await takenAt(8, failing)).toEqual([1, 4, 5, 8]);
});
