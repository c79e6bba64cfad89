import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/engine/clock.ts';
import { ShardState } from '../../../src/engine/match/shard-state.ts';
import { systemDisk } from '../../../src/engine/wal/disk.ts';
import { BLOCK_BYTES, PAYLOAD_OFFSET } from '../../../src/engine/wal/frame.ts';
import { readLog } from '../../../src/engine/wal/read-log.ts';
import { recover } from '../../../src/engine/wal/recover.ts';
import { MexError } from '../../../src/errors/mex-error.ts';
import { seededRandom } from '../../../src/stats/seeded-random.ts';
import { SimDisk } from '../../reliability/sim-disk.ts';
import { type Command, place, SYMBOLS, sell } from '../orders.ts';
import { openLog, segmentsOf, temporaryFolder, writeLog } from './logs.ts';

const SMALL = 8 * BLOCK_BYTES;
/** Three commands a frame; the second of every third frame fills more than one block. */
const batches = (count: number): Command[][] =>
  Array.from({ length: count }, (_, batch) =>
    Array.from({ length: batch % 3 === 1 ? 90 : 3 }, (_one, index) => {
      return place(sell(`${batch}-${index}`.padEnd(40, 'x'), 100 + index, 1));
    }),
  );

interface Written {
  files: Map<string, Buffer>;
  /** Sequences after each frame of commands, and the digests of the states before each frame. */
  digests: Map<number, string>;
  /** Where the frames of the last segment begin; its end is the last one. */
  offsets: number[];
  lastSequence: number;
}

const digestText = (digest: Uint32Array): string => [...digest].join();

async function write(batchCount: number, options: { segmentBytesMax?: number; isSealed?: boolean }): Promise<Written> {
  const folder = await temporaryFolder();
  await writeLog(folder, batches(batchCount), options);
  const files = new Map<string, Buffer>();
  for (const path of await segmentsOf(folder)) files.set(`/shard/wal/${basename(path)}`, await readFile(path));
  const written: Written = { files, digests: new Map(), offsets: [], lastSequence: 0 };
  let inSegment = '';
  const end = await readLog(
    { folder, disk: systemDisk },
    {
      segment: () => undefined,
      frame(frame, { path, offset }) {
        if (path !== inSegment) written.offsets = [];
        inSegment = path;
        written.digests.set(frame.firstSequence - 1, digestText(frame.digest));
        written.offsets.push(offset, offset + frame.bytes);
      },
    },
  );
  written.offsets = [...new Set(written.offsets)];
  written.lastSequence = end.lastSequence;
  const { state } = await openLog(folder, options);
  written.digests.set(end.lastSequence, digestText(state.digest));
  return written;
}

/** Recovers from these files; the sequence and digest that came of it, or the error. */
async function recovered(files: ReadonlyMap<string, Buffer>): Promise<{ sequence: number; digest: string } | MexError> {
  const disk = new SimDisk({ random: () => 0, files });
  const state = new ShardState('a', SYMBOLS, undefined, { finishedWindow: 1024 });
  const about = { folder: '/shard', shardId: 'a', symbols: SYMBOLS, segmentBytesMax: SMALL };
  try {
    const { sequence, log } = await recover({ ...about, disk, clock: systemClock, newSegmentId: () => 1 }, state);
    await log.close();
    return { sequence, digest: digestText(state.digest) };
  } catch (thrown) {
    if (thrown instanceof MexError) return thrown;
    throw thrown;
  }
}

function changed(files: ReadonlyMap<string, Buffer>, path: string, change: (bytes: Buffer) => Buffer | undefined) {
  const copy = new Map(files);
  const bytes = change(Buffer.from(files.get(path) ?? Buffer.alloc(0)));
  if (bytes === undefined) copy.delete(path);
  else copy.set(path, bytes);
  return copy;
}

/** A start that refuses acknowledged damage, with exit 65 and a place. */
function expectRefusal(result: unknown): void {
  expect(result).toBeInstanceOf(MexError);
  expect(result).toMatchObject({ exit: 65, message: expect.stringMatching(/^Damaged log: .* expected .*, found /) });
}

describe('a torn tail', () => {
  it('cut at any byte of the last three frames loses nothing that was acknowledged', async () => {
    const { files, digests, offsets } = await write(5, { isSealed: false, segmentBytesMax: 64 * 4096 });
    const [path = ''] = [...files.keys()];
    const whole = files.get(path) ?? Buffer.alloc(0);
    const ends = offsets.slice(-4);
    const [from = 0, , , to = 0] = ends;
    const sequences = [...digests.keys()].slice(-4);
    // Cut off; and cut off, with the zeros behind it that the segment was prepared with.
    for (let at = from; at <= to; at++) {
      const frames = ends.filter((end) => end <= at).length - 1;
      const sequence = sequences[frames] ?? 0;
      const kept = { sequence, digest: digests.get(sequence) };
      expect(await recovered(changed(files, path, (bytes) => bytes.subarray(0, at)))).toEqual(kept);
      if (at % 64 !== 0 && at !== to) continue;
      const zeroed = Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at)]);
      // Zeros that replace only padding change nothing.
      const result = await recovered(changed(files, path, () => zeroed));
      const padded = { sequence: sequences[frames + 1], digest: digests.get(sequences[frames + 1] ?? 0) };
      expect([kept, padded]).toContainEqual(result);
    }
  }, 120_000);

  it('that is set aside stays there to be looked at', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, batches(2), { isSealed: false });
    const [path = ''] = await segmentsOf(folder);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(2 * BLOCK_BYTES + 80) ^ 1, 2 * BLOCK_BYTES + 80);
    await systemDisk.remove(path);
    const copy = await systemDisk.create(path);
    await copy.write(bytes, 0);
    await copy.close();
    const { torn, sequence } = await openLog(folder);
    expect(sequence).toBe(3);
    const [, kept = ''] = /copied to (.*)$/.exec(torn ?? '') ?? [];
    expect(torn).toContain(`at byte 8192 of ${path} were never acknowledged (a payload whose checksum does not match)`);
    expect(bytes.subarray(8192).indexOf(await readFile(kept))).toBe(0);
  });
});

describe('damage', () => {
  let written: Promise<Written> | null = null;
  const aLog = async () => {
    written ??= write(14, { segmentBytesMax: SMALL });
    const log = await written;
    return { log, paths: [...log.files.keys()] };
  };

  it('of a bit in any stretch of 64 bytes is refused, or touches nothing', async () => {
    const { log } = await aLog();
    const random = seededRandom(7);
    let refusals = 0;
    const whole = { sequence: log.lastSequence, digest: log.digests.get(log.lastSequence) };
    for (const [path, bytes] of log.files) {
      for (let stretch = 0; stretch < bytes.length; stretch += 64) {
        const at = stretch + Math.floor(random() * 64);
        const bit = 1 << Math.floor(random() * 8);
        const result = await recovered(
          changed(log.files, path, (copy) => {
            copy.writeUInt8(copy.readUInt8(at) ^ bit, at);
            return copy;
          }),
        );
        if (result instanceof MexError) {
          expectRefusal(result);
          refusals++;
        } else expect(result).toEqual(whole);
      }
    }
    expect(refusals).toBeGreaterThan(100);
  }, 120_000);

  it('of the last frame, which the seal behind it shows to be acknowledged, is refused', async () => {
    const { log, paths } = await aLog();
    const at = (log.offsets.at(-3) ?? 0) + PAYLOAD_OFFSET;
    const last = paths.at(-1) ?? '';
    expectRefusal(
      await recovered(
        changed(log.files, last, (bytes) => {
          bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
          return bytes;
        }),
      ),
    );
  });

  it.each([
    ['is gone', (): Buffer | undefined => undefined],
    ['is empty', () => Buffer.alloc(0)],
    ['is cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['is zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['is noise', (bytes: Buffer) => Buffer.from(bytes.map((_, index) => (index * 7919 + 13) & 255))],
    ['has lost its header', (bytes: Buffer) => Buffer.from(bytes.fill(0, 0, BLOCK_BYTES))],
  ])('of a segment that %s is refused', async (_, change) => {
    const { log, paths } = await aLog();
    for (const path of paths.slice(0, -1)) expectRefusal(await recovered(changed(log.files, path, change)));
  });

  it('of segments in each other’s place, or twice, is refused', async () => {
    const { log, paths } = await aLog();
    const [first = '', second = ''] = paths;
    const bytes = (path: string): Buffer => log.files.get(path) ?? Buffer.alloc(0);
    expectRefusal(await recovered(new Map([...log.files, [first, bytes(second)], [second, bytes(first)]])));
    expectRefusal(await recovered(new Map([...log.files, [second, bytes(first)]])));
  });

  it('of frames in each other’s place, or of an older segment, is refused', async () => {
    const { log, paths } = await aLog();
    const [first = '', second = ''] = paths;
    const swapped = changed(log.files, first, (bytes) => {
      const frame = Buffer.from(bytes.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES));
      bytes.copy(bytes, BLOCK_BYTES, 4 * BLOCK_BYTES, 5 * BLOCK_BYTES);
      frame.copy(bytes, 4 * BLOCK_BYTES);
      return bytes;
    });
    expectRefusal(await recovered(swapped));
    const older = changed(log.files, second, (bytes) => {
      log.files.get(first)?.copy(bytes, BLOCK_BYTES, BLOCK_BYTES, 2 * BLOCK_BYTES);
      return bytes;
    });
    expectRefusal(await recovered(older));
  });

  it('of a length that would take all memory is refused without taking it', async () => {
    const { log, paths } = await aLog();
    const [first = ''] = paths;
    for (const offset of [8, BLOCK_BYTES + 4]) {
      const wild = changed(log.files, first, (bytes) => {
        bytes.writeUInt32LE(0xffff_fff0, offset);
        if (offset > BLOCK_BYTES) {
          bytes.writeUInt32LE(crc32(bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + 60)), BLOCK_BYTES + 60);
        }
        return bytes;
      });
      expectRefusal(await recovered(wild));
    }
  });

  it('that every checksum agrees with is found by the replay', async () => {
    const { log, paths } = await aLog();
    const [first = ''] = paths;
    const forged = changed(log.files, first, (bytes) => {
      // The price of the first order: one cent more, and all checksums anew. The next frame tells of another state.
      const price = BLOCK_BYTES + PAYLOAD_OFFSET + 8;
      bytes.writeInt32LE(bytes.readInt32LE(price) + 1, price);
      const payload = bytes.readUInt32LE(BLOCK_BYTES + 4);
      const start = BLOCK_BYTES + PAYLOAD_OFFSET;
      bytes.writeUInt32LE(crc32(bytes.subarray(start, start + payload)), BLOCK_BYTES + 56);
      const crc = crc32(bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + 60));
      bytes.writeUInt32LE(crc, BLOCK_BYTES + 60);
      bytes.writeUInt32LE(crc, 2 * BLOCK_BYTES + 52);
      bytes.writeUInt32LE(crc32(bytes.subarray(2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 60)), 2 * BLOCK_BYTES + 60);
      return bytes;
    });
    expect(await recovered(forged)).toMatchObject({ exit: 65, message: expect.stringContaining('after the replay') });
  });

  it('is nothing a start writes into', async () => {
    const { log, paths } = await aLog();
    const [first = ''] = paths;
    const files = changed(log.files, first, (bytes) => bytes.subarray(0, bytes.length / 2));
    const disk = new SimDisk({ random: () => 0, files });
    await expect(openLog('/shard', { disk })).rejects.toMatchObject({ exit: 65 });
    for (const [path, bytes] of files) expect(disk.files().get(path)).toEqual(bytes);
  });
});

describe('a log of another kind', () => {
  it('of a newer format is left alone', async () => {
    const { files } = await write(1, {});
    const [path = ''] = [...files.keys()];
    const newer = changed(files, path, (bytes) => {
      bytes.writeUInt32LE(3, 4);
      const content = bytes.subarray(16, 16 + bytes.readUInt32LE(8));
      bytes.writeUInt32LE(crc32(content, crc32(bytes.subarray(0, 12))), 12);
      return bytes;
    });
    expect(await recovered(newer)).toMatchObject({ code: 'LOG_NEWER', exit: 65 });
  });

  it('of the first format is refused by its name', async () => {
    const files = new Map([['/shard/segment-00000001.log', Buffer.alloc(10)]]);
    expect(await recovered(files)).toMatchObject({ code: 'LOG_OLDER', exit: 65 });
  });
});
