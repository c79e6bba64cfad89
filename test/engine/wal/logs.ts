/** Logs in temporary folders for tests: written by the real writer, read back by the real recovery. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/engine/clock.ts';
import { ShardState } from '../../../src/engine/match/shard-state.ts';
import { type Disk, systemDisk } from '../../../src/engine/wal/disk.ts';
import { listSegments } from '../../../src/engine/wal/folder.ts';
import { recover } from '../../../src/engine/wal/recover.ts';
import { type Command, recordOf, SYMBOLS } from '../orders.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mex-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything but the disk's own syncs, which take most of the time and show nothing here. */
export const quickDisk: Disk = {
  ...systemDisk,
  create: async (path) => ({ ...(await systemDisk.create(path)), sync: async () => undefined }),
  openSynced: async (path) => ({ ...(await systemDisk.openSynced(path)) }),
  syncFolder: async () => undefined,
};

export interface OpenOptions {
  shardId?: string;
  symbols?: string[];
  segmentBytesMax?: number;
  disk?: Disk;
  clock?: Clock;
  segmentClosed?(): void;
}

/** Small, so that tests do not fill 64 MiB with zeros. */
const SEGMENT_BYTES = 256 * 1024;
let segmentIds = 1;

export async function openLog(folder: string, options: OpenOptions = {}) {
  const whole = {
    ...{ folder, shardId: 'a', symbols: SYMBOLS, segmentBytesMax: SEGMENT_BYTES, disk: quickDisk },
    ...{ clock: systemClock, newSegmentId: () => segmentIds++ },
    ...options,
  };
  const state = new ShardState(whole.shardId, whole.symbols);
  const recovered = await recover(whole, state);
  onTestFinished(() => recovered.log.close());
  return { ...recovered, state };
}

type OpenedLog = Awaited<ReturnType<typeof openLog>>;

/** One batch as the hot path has it: into one frame, and into the state. */
export async function commitBatch(
  { log, state }: Pick<OpenedLog, 'log' | 'state'>,
  batch: readonly Command[],
  timeMs: number,
) {
  const records = batch.map((command) => recordOf(command));
  for (const record of records) log.put(record, 0);
  const first = log.lastSequence + 1;
  const written = log.commit(timeMs, state.digest);
  for (const [index, record] of records.entries()) state.apply(record, 0, { sequence: first + index, timeMs });
  state.effects.clear();
  await written;
}

/** A log with one frame a batch; the batch's number is its time. Sealed at the end unless told otherwise. */
export async function writeLog(
  folder: string,
  batches: readonly (readonly Command[])[],
  { isSealed = true, ...options }: OpenOptions & { isSealed?: boolean } = {},
): Promise<void> {
  const opened = await openLog(folder, options);
  for (const [index, batch] of batches.entries()) {
    await commitBatch(opened, batch, Math.max(1000 + index, opened.log.lastTimeMs));
  }
  if (isSealed) await opened.log.seal(opened.state.digest);
  await opened.log.close();
}

export async function segmentsOf(folder: string): Promise<string[]> {
  return (await listSegments(folder, systemDisk)).map(({ path }) => path);
}

export async function flipBit(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  await writeFile(path, bytes);
}
