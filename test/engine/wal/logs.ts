/** Logs in temporary folders for tests: written by the real writer, read back by the real recovery. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../src/engine/commands.ts';
import { ShardState } from '../../../src/engine/match/shard-state.ts';
import { type Disk, systemDisk } from '../../../src/engine/wal/disk.ts';
import { recover } from '../../../src/engine/wal/recover.ts';
import { SYMBOLS } from '../orders.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mex-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything but the disk's own sync, which takes most of the time and shows nothing here. */
export const quickDisk: Disk = {
  open: async (path) => ({ ...(await systemDisk.open(path)), sync: async () => undefined }),
  syncPath: async () => undefined,
};

export interface OpenOptions {
  shardId?: string;
  symbols?: string[];
  segmentBytesMax?: number;
  disk?: Disk;
}

export async function openLog(folder: string, options: OpenOptions = {}) {
  const whole = { folder, shardId: 'a', symbols: SYMBOLS, segmentBytesMax: 1 << 20, disk: quickDisk, ...options };
  const state = new ShardState(whole.shardId, whole.symbols);
  const recovered = await recover(whole, state);
  onTestFinished(() => recovered.log.close());
  return { ...recovered, state };
}

/** A log with one frame a batch; the batch's number is its time. */
export async function writeLog(folder: string, batches: Command[][], options: OpenOptions = {}): Promise<void> {
  const { log } = await openLog(folder, options);
  for (const [index, batch] of batches.entries()) await log.commit(batch, Math.max(1000 + index, log.lastTimeMs));
  await log.close();
}

export async function segmentsOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
  return names.map((name) => join(folder, name));
}

export async function flipBit(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  await writeFile(path, bytes);
}
