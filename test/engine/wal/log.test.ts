import { copyFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { countLog } from '../../../src/engine/wal/count-log.ts';
import { systemDisk } from '../../../src/engine/wal/disk.ts';
import { lockFolder } from '../../../src/engine/wal/lock.ts';
import { bookText, buy, place, Shard, sell } from '../orders.ts';
import { flipBit, openLog, quickDisk, segmentsOf, temporaryFolder, writeLog } from './logs.ts';

const BLOCK = 4096;
const BATCHES = [
  [place(sell('a1', 101, 5)), place(sell('a2', 101, 5))],
  [place(buy('b1', 101, 7)), { kind: 'cancel', orderId: 'none', symbol: null } as const],
  [{ kind: 'seed', orders: [buy('s1', 99, 1), buy('s2', 98, 1)] } as const],
  [place(buy('b2', 100, 1))],
];

describe('a log', () => {
  it('rebuilds the books, the tally and the answers', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const { state, log } = await openLog(folder);
    expect(bookText(state)).toEqual({ bids: ['100 x 1 (1)', '99 x 1 (1)', '98 x 1 (1)'], asks: ['101 x 3 (1)'] });
    expect(state.tally).toEqual({ orders: 4, matches: 2 });
    expect([log.lastSequence, log.lastTimeMs]).toEqual([6, 1003]);
    const repeat = state.apply(place(buy('b1', 101, 7)), { sequence: 7, timeMs: 9999 });
    expect(repeat).toMatchObject({ kind: 'accepted', repeated: true, timestampMs: 1001 });
  });

  it('goes on where it ended, start after start, over many segments', async () => {
    const folder = await temporaryFolder();
    const shard = new Shard();
    for (let start = 0; start < 5; start++) {
      const orders = Array.from({ length: 20 }, (_, index) => sell(`o${start}-${index}`, 100 + index, 1));
      await writeLog(
        folder,
        orders.map((order) => [place(order)]),
        { segmentBytesMax: 5 * BLOCK },
      );
      shard.place(...orders);
    }
    expect((await segmentsOf(folder)).length).toBeGreaterThan(20);
    const { state, log } = await openLog(folder);
    expect(bookText(state)).toEqual(shard.book());
    expect(log.lastSequence).toBe(100);
  });

  it('finishes short writes', async () => {
    const folder = await temporaryFolder();
    const disk = {
      ...quickDisk,
      open: async (path: string) => {
        const file = await quickDisk.open(path);
        return { ...file, append: (bytes: Uint8Array) => file.append(bytes.subarray(0, 1000)) };
      },
    };
    await writeLog(folder, BATCHES, { disk });
    expect((await openLog(folder)).log.lastSequence).toBe(6);
  });

  it.each(['append', 'sync'] as const)('fails for good when %s fails, and never tries again', async (broken) => {
    const folder = await temporaryFolder();
    const calls: string[] = [];
    let isBroken = false;
    const disk = {
      ...quickDisk,
      open: async (path: string) => {
        const file = await quickDisk.open(path);
        const call = async <Result>(name: 'append' | 'sync', act: () => Promise<Result>): Promise<Result> => {
          if (isBroken) calls.push(name);
          if (isBroken && name === broken) throw Object.assign(new Error('EIO: i/o error'), { syscall: name });
          return act();
        };
        return {
          close: file.close,
          append: (bytes: Uint8Array) => call('append', () => file.append(bytes)),
          sync: () => call('sync', () => file.sync()),
        };
      },
    };
    const { log } = await openLog(folder, { disk });
    await log.commit([place(buy('ok', 1, 1))], 1);
    isBroken = true;
    await expect(log.commit([place(buy('no', 1, 1))], 2)).rejects.toMatchObject({ exit: 74 });
    const made = [...calls];
    expect(made).toEqual(broken === 'append' ? ['append'] : ['append', 'sync']);
    await expect(log.commit([place(buy('no2', 1, 1))], 3)).rejects.toThrow();
    expect(calls).toEqual(made);
  });

  it('lets one engine in at a time', async () => {
    const folder = await temporaryFolder();
    const release = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ exit: 75, code: 'LOG_IN_USE' });
    await release();
    await (await lockFolder(folder))();
  });
});

describe('a torn tail', () => {
  it('is left out wherever the last frame is cut, and every earlier order is there', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    const wholeBytes = (await readFile(path)).length;
    for (let cut = wholeBytes - 1; cut >= wholeBytes - BLOCK; cut--) {
      await truncate(path, cut);
      const unfinishedBytes = cut - (wholeBytes - BLOCK);
      expect(await countLog(folder)).toMatchObject({ orders: 3, matches: 2, lastSequence: 5, unfinishedBytes });
    }
  });

  it.each([1, 51, 52, 53, 100, 2048, 4095])('of %d bytes is set aside at the start', async (tornBytes) => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    const whole = await readFile(path);
    await truncate(path, whole.length - BLOCK + tornBytes);
    const { log, state, torn } = await openLog(folder);
    expect([log.lastSequence, bookText(state).bids]).toEqual([5, ['99 x 1 (1)', '98 x 1 (1)']]);
    expect(torn).toContain(`${tornBytes} bytes at byte ${whole.length - BLOCK} of ${path}`);
    const [copy = ''] = await readdir(join(folder, 'torn'));
    expect(await readFile(join(folder, 'torn', copy))).toEqual(
      whole.subarray(-BLOCK, whole.length - BLOCK + tornBytes),
    );
    expect((await openLog(folder)).torn).toBeNull();
  });

  it('may be damaged rather than cut, and the next start finds a whole log', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    await flipBit(path, (await readFile(path)).length - BLOCK + 60);
    expect((await openLog(folder)).torn).toContain('a payload whose checksum does not match');
    const again = await openLog(folder);
    expect([again.torn, again.log.lastSequence]).toEqual([null, 5]);
  });

  it('may be a segment whose header never got whole', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    await writeFile(join(folder, 'segment-00000002.log'), Buffer.alloc(100));
    const { torn, log } = await openLog(folder);
    expect(torn).toContain('100 bytes');
    expect(log.lastSequence).toBe(6);
    expect((await openLog(folder)).log.lastSequence).toBe(6);
  });

  it('is left alone by a count', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    await truncate(path, (await readFile(path)).length - 10);
    expect(await countLog(folder)).toMatchObject({
      orders: 3,
      matches: 2,
      lastSequence: 5,
      unfinishedBytes: BLOCK - 10,
    });
    expect(await readdir(folder)).toEqual(['segment-00000001.log']);
  });
});

describe('damage', () => {
  it.each([
    ['the magic', 0],
    ['a sequence', 16],
    ['the durable sequence', 24],
    ['the chain', 40],
    ['the payload', 60],
  ])('to %s of a frame that is not the last refuses the start', async (_, at) => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    await flipBit(path, 2 * BLOCK + at);
    const refusal = { exit: 65, code: 'LOG_DAMAGED', message: expect.stringContaining(`${path} at byte ${2 * BLOCK}`) };
    await expect(openLog(folder)).rejects.toMatchObject(refusal);
    await expect(countLog(folder)).rejects.toMatchObject(refusal);
    expect(await readdir(folder)).not.toContain('torn');
  });

  it('to the last frame of a segment that is not the last refuses the start', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    await writeLog(folder, []);
    const [path = ''] = await segmentsOf(folder);
    await truncate(path, (await readFile(path)).length - 1);
    await expect(openLog(folder)).rejects.toMatchObject({
      exit: 65,
      message: expect.stringContaining('segment-00000002'),
    });
  });

  it('is a missing segment', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    await writeLog(folder, [[place(buy('later', 1, 1))]]);
    const [first = '', second = ''] = await segmentsOf(folder);
    await copyFile(second, first);
    await expect(openLog(folder)).rejects.toMatchObject({ exit: 65 });
  });

  it('is a segment header that does not verify', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    await flipBit(path, 20);
    await expect(openLog(folder)).rejects.toMatchObject({ exit: 65, code: 'LOG_DAMAGED' });
  });
});

describe('a log of another', () => {
  it('shard is refused by name', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES, { shardId: 'b' });
    await expect(openLog(folder)).rejects.toMatchObject({
      exit: 65,
      message: expect.stringContaining('belongs to shard b, this engine is shard a'),
    });
  });

  it('symbol list is refused when it holds a symbol that is gone', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    await expect(openLog(folder, { symbols: ['OTHER'] })).rejects.toMatchObject({ exit: 64 });
  });

  it('format version is refused by name', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, BATCHES);
    const [path = ''] = await segmentsOf(folder);
    const bytes = await readFile(path);
    bytes.writeUInt32LE(2, BLOCK + 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(BLOCK, BLOCK + 48)), BLOCK + 48);
    await writeFile(path, bytes);
    await expect(openLog(folder)).rejects.toMatchObject({
      exit: 65,
      message: expect.stringContaining('has format version 2, this mex reads up to 1'),
    });
  });
});

describe('counting a log', () => {
  it('counts orders and fills since the last reset', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, [...BATCHES, [place(buy('b1', 101, 7)), place(buy('b1', 1, 1))]]);
    const commands = { place: 6, cancel: 1, seed: 1, reset: 0 };
    expect(await countLog(folder)).toMatchObject({
      orders: 4,
      matches: 2,
      firstSequence: 1,
      lastSequence: 8,
      commands,
    });
    await writeLog(folder, [[{ kind: 'reset' }, place(sell('a1', 5, 1))], [place(buy('b1', 5, 1))]]);
    expect(await countLog(folder)).toMatchObject({ orders: 2, matches: 1, lastSequence: 11, segments: 2 });
  });

  it('refuses a folder that holds no log', async () => {
    await expect(countLog(await temporaryFolder())).rejects.toMatchObject({ code: 'LOG_ABSENT' });
    await expect(countLog('/nowhere/at/all')).rejects.toMatchObject({ exit: 74 });
  });
});

it('syncs what was believed before it goes on', async () => {
  const folder = await temporaryFolder();
  await writeLog(folder, BATCHES);
  const synced: string[] = [];
  const disk = { ...systemDisk, syncPath: async (path: string) => void synced.push(path) };
  await openLog(folder, { disk });
  expect(synced[0]).toBe(join(folder, 'segment-00000001.log'));
});
