import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Disk, systemDisk } from '../../../src/engine/wal/disk.ts';
import { listSegments } from '../../../src/engine/wal/folder.ts';
import { BLOCK_BYTES } from '../../../src/engine/wal/frame.ts';

import { logInUse } from '../../../src/engine/wal/log-errors.ts';
import { readLog } from '../../../src/engine/wal/read-log.ts';
import { lockFolder } from '../../../src/exec/lock-folder.ts';
import { bookText, buy, type Command, place, sell } from '../orders.ts';
import { commitBatch, openLog, quickDisk, segmentsOf, temporaryFolder, writeLog } from './logs.ts';

const asks = (from: number, count: number): Command[] =>
  Array.from({ length: count }, (_, index) => place(sell(`o-${from + index}`, 100 + ((from + index) % 7), 1)));
const SMALL = 8 * BLOCK_BYTES;

async function framesOf(folder: string): Promise<number[]> {
  const counts: number[] = [];
  await readLog(
    { folder, disk: systemDisk },
    { segment: () => undefined, frame: ({ count }) => void counts.push(count) },
  );
  return counts;
}

describe('a log', () => {
  it('gives back books, tally and the answers to repeated orders', async () => {
    const folder = await temporaryFolder();
    const first = await openLog(folder);
    await commitBatch(first, [place(sell('s', 100, 5)), place(buy('b', 100, 2))], 7_000);
    await first.log.close();
    const { state, sequence, replayed, torn } = await openLog(folder);
    expect(bookText(state)).toEqual({ bids: [], asks: ['100 x 3 (1)'] });
    expect({ ...state.tally, sequence, replayed, torn }).toEqual({
      ...{ orders: 2, matches: 1, sequence: 2, replayed: 2, torn: null },
    });
    expect([...state.digest]).toEqual([...first.state.digest]);
  });

  it('goes on, start after start, over many segments', async () => {
    const folder = await temporaryFolder();
    for (let start = 0; start < 5; start++) {
      const batches = Array.from({ length: 20 }, (_, batch) => asks(start * 60 + batch * 3, 3));
      await writeLog(folder, batches, { segmentBytesMax: SMALL, isSealed: start % 2 === 0 });
    }
    const { state, sequence } = await openLog(folder);
    expect(sequence).toBe(300);
    expect(state.sideTotals('SELL').orders).toBe(300);
    expect((await segmentsOf(folder)).length).toBeGreaterThan(15);
    const epochs = (await listSegments(folder, systemDisk)).map(({ epoch }) => epoch);
    expect([epochs[0], epochs.at(-1)]).toEqual([1, 6]);
  });

  it('begins a segment exactly when a frame no longer fits', async () => {
    const folder = await temporaryFolder();
    // One block of header, seven frames of one block each: the eighth opens the next.
    const opened = await openLog(folder, { segmentBytesMax: SMALL });
    const counts: number[] = [];
    for (let batch = 0; batch < 15; batch++) {
      await commitBatch(opened, asks(batch, 1), 1000);
      counts.push((await segmentsOf(folder)).length);
    }
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3]);
    for (const path of await segmentsOf(folder)) expect((await readFile(path)).length).toBe(SMALL);
  });

  it('has room for a seed that is larger than a segment', async () => {
    const folder = await temporaryFolder();
    const orders = Array.from({ length: 2000 }, (_, index) => sell(`seed-${index}`, 100, 1));
    await writeLog(folder, [asks(0, 1), [{ kind: 'seed', orders }], asks(1, 1)], { segmentBytesMax: SMALL });
    const { state } = await openLog(folder);
    expect(state.sideTotals('SELL').orders).toBe(2002);
  });

  it('is sealed once, and only behind commands', async () => {
    const folder = await temporaryFolder();
    const { log, state } = await openLog(folder);
    await log.seal(state.digest);
    await commitBatch({ log, state }, asks(0, 2), 1000);
    await log.seal(state.digest);
    await log.seal(state.digest);
    await commitBatch({ log, state }, asks(2, 1), 1000);
    expect(await framesOf(folder)).toEqual([2, 0, 1]);
  });

  it('finishes a write that was short', async () => {
    const folder = await temporaryFolder();
    const short: Disk = {
      ...quickDisk,
      async openSynced(path) {
        const file = await quickDisk.openSynced(path);
        return {
          ...file,
          write: (bytes, position) => file.write(bytes.subarray(0, 1 + (bytes.length >> 1)), position),
        };
      },
    };
    await writeLog(folder, [asks(0, 100), asks(100, 100)], { disk: short });
    expect((await openLog(folder)).state.sideTotals('SELL').orders).toBe(200);
  });

  it('that failed is never written or synced again', async () => {
    const folder = await temporaryFolder();
    let calls = 0;
    let isBroken = false;
    const failing: Disk = {
      ...quickDisk,
      async openSynced(path) {
        const file = await quickDisk.openSynced(path);
        return {
          ...file,
          async write(bytes, position) {
            calls++;
            if (isBroken) throw new Error('EIO');
            return await file.write(bytes, position);
          },
        };
      },
    };
    const opened = await openLog(folder, { disk: failing });
    await commitBatch(opened, asks(0, 1), 1000);
    isBroken = true;
    await expect(commitBatch(opened, asks(1, 1), 1000)).rejects.toMatchObject({ code: 'LOG_IO', exit: 74 });
    isBroken = false;
    const before = calls;
    await expect(opened.log.seal(opened.state.digest)).rejects.toThrow();
    expect(calls).toBe(before);
  });

  it('is low on space before the disk is full, and not for good', async () => {
    let free = 1e9;
    const disk: Disk = { ...quickDisk, freeBytes: async () => free };
    let now = 0;
    const clock = { nowMs: () => 1000, monotonicNs: () => now, after: () => () => undefined, soon: setImmediate };
    const { log } = await openLog(await temporaryFolder(), { disk, clock });
    const asked = async () => {
      now += 2e9;
      void log.isLowOnSpace;
      await new Promise(setImmediate);
      return log.isLowOnSpace;
    };
    expect(await asked()).toBe(false);
    free = 1_000_000;
    expect(await asked()).toBe(true);
    free = 1e9;
    expect(await asked()).toBe(false);
  });

  it('needs every symbol that it holds', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, [asks(0, 1)]);
    await expect(openLog(folder, { symbols: ['TEST-ASSET-B'] })).rejects.toMatchObject({
      ...{ exit: 64, message: expect.stringContaining('SHARD_SYMBOLS lacks TEST-ASSET-A') },
    });
    const { state } = await openLog(folder, { symbols: ['TEST-ASSET-C', 'TEST-ASSET-B', 'TEST-ASSET-A'] });
    expect(bookText(state)).toEqual({ bids: [], asks: ['100 x 1 (1)'] });
  });

  it('belongs to one shard', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, [asks(0, 1)]);
    await expect(openLog(folder, { shardId: 'b' })).rejects.toMatchObject({ code: 'LOG_FOREIGN', exit: 65 });
    expect(await framesOf(folder)).toEqual([1, 0]);
  });
});

it('one engine at a time has a folder', async () => {
  const folder = await temporaryFolder();
  const release = await lockFolder(folder, logInUse);
  await expect(lockFolder(folder, logInUse)).rejects.toMatchObject({ code: 'LOG_IN_USE', exit: 75 });
  await release();
  await (await lockFolder(folder, logInUse))();
});
