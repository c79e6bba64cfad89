import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countLog } from '../../../src/engine/inspect/count-log.ts';
import { listEvents } from '../../../src/engine/inspect/list-events.ts';
import { salvageLog } from '../../../src/engine/inspect/salvage-log.ts';
import { verifyFolder } from '../../../src/engine/inspect/verify-folder.ts';
import { makeSnapshot } from '../../../src/engine/snapshot/follower.ts';
import { SnapshotStore } from '../../../src/engine/snapshot/snapshot-store.ts';
import { systemDisk } from '../../../src/engine/wal/disk.ts';
import { digestText } from '../../../src/engine/wal/replay.ts';
import type { EngineEvent } from '../../../src/protocol/events.ts';
import { buy, type Command, place, SYMBOL, SYMBOLS, sell } from '../orders.ts';
import { commitBatch, flipBit, openLog, segmentsOf, temporaryFolder, writeLog } from '../wal/logs.ts';

const SMALL = { segmentBytesMax: 4 * 4096 };
const trades = (count: number): Command[][] =>
  Array.from({ length: count }, (_, index) => [place(sell(`s-${index}`, 100, 2)), place(buy(`b-${index}`, 100, 1))]);

describe('counting a log', () => {
  it('tells what it holds', async () => {
    const folder = await temporaryFolder();
    const more: Command[] = [
      { kind: 'cancel', orderId: 's-0', symbol: null },
      { kind: 'amend', orderId: 's-1', symbol: SYMBOL, priceCents: 101 },
      { kind: 'seed', orders: [sell('seed-1', 200, 1)] },
    ];
    await writeLog(folder, [...trades(3), more]);
    expect(await countLog(folder, systemDisk)).toMatchObject({
      ...{ shardId: 'a', symbols: SYMBOLS, segments: 1, frames: 4, seals: 1, snapshot: 0 },
      ...{ firstSequence: 1, lastSequence: 9, unfinishedBytes: 0 },
      commands: { place: 6, cancel: 1, amend: 1, seed: 1, reset: 0 },
      ...{ orders: 6, matches: 3, resting: 3 },
    });
  });

  it('finds orders that were placed since the last reset, each once', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, trades(3));
    expect(await countLog(folder, systemDisk)).not.toHaveProperty('found');
    expect(await countLog(folder, systemDisk, ['s-0', 'b-2', 'b-2', 'no-such'])).toMatchObject({ found: 2 });
    const emptied = await temporaryFolder();
    await writeLog(emptied, [...trades(3), [{ kind: 'reset' }, place(buy('later', 100, 1))]]);
    expect(await countLog(emptied, systemDisk, ['s-0', 'later'])).toMatchObject({ found: 1 });
  });

  it('begins with a snapshot where the beginning is gone', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, trades(14), SMALL);
    const whole = await countLog(folder, systemDisk);
    const { sequence } = await makeSnapshot({ folder, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    for (const path of (await segmentsOf(folder)).slice(0, -1)) await systemDisk.remove(path);
    const { digest, orders, matches, snapshot, firstSequence } = await countLog(folder, systemDisk);
    expect({ digest, orders, matches }).toEqual({ digest: whole.digest, orders: 28, matches: 14 });
    expect([snapshot, firstSequence]).toEqual([sequence, sequence + 1]);
    // What was placed before it cannot be found, so nothing may be said of it.
    expect(await countLog(folder, systemDisk, ['s-0', 's-13'])).toMatchObject({ found: null });
  });

  it('looks over the shoulder of an engine that writes', async () => {
    const folder = await temporaryFolder();
    const opened = await openLog(folder, SMALL);
    for (const [index, batch] of trades(10).entries()) {
      await commitBatch(opened, batch, 1000 + index);
      const { lastSequence, digest } = await countLog(folder, systemDisk);
      expect([lastSequence, digest]).toEqual([2 * (index + 1), digestText(opened.state.digest)]);
    }
  });

  it('says where there is none', async () => {
    const folder = await temporaryFolder();
    const absent = { code: 'LOG_ABSENT', message: `No log in ${folder}: it holds no wal/*.seg` };
    await expect(countLog(folder, systemDisk)).rejects.toMatchObject(absent);
    await expect(countLog(join(folder, 'nowhere'), systemDisk)).rejects.toMatchObject({ code: 'LOG_ABSENT' });
  });
});

it('events are listed once each, in order', async () => {
  const folder = await temporaryFolder();
  await writeLog(folder, trades(3), SMALL);
  const events: string[] = [];
  await listEvents(folder, systemDisk, ({ value }) => {
    const event = JSON.parse(value) as EngineEvent;
    events.push('matchId' in event ? event.matchId : `${event.type} ${event.orderId}`);
  });
  expect(events).toEqual([
    ...['ORDER_PLACED s-0', 'ORDER_PLACED b-0', 'a-2-0', 'ORDER_PLACED s-1', 'ORDER_PLACED b-1', 'a-4-0'],
    ...['ORDER_PLACED s-2', 'ORDER_PLACED b-2', 'a-6-0'],
  ]);
});

it('the last reset is told, unless it is behind the beginning of the log', async () => {
  const resetOf = async (folder: string) => (await listEvents(folder, systemDisk, () => undefined)).resetSequence;
  const folder = await temporaryFolder();
  await writeLog(folder, trades(2));
  expect(await resetOf(folder)).toBe(0);
  const emptied = await temporaryFolder();
  await writeLog(emptied, [[{ kind: 'reset' }], ...trades(14)], SMALL);
  expect(await resetOf(emptied)).toBe(1);
  await makeSnapshot({ folder: emptied, shardId: 'a', symbols: SYMBOLS }, systemDisk);
  for (const path of (await segmentsOf(emptied)).slice(0, -1)) await systemDisk.remove(path);
  expect(await resetOf(emptied)).toBeNull();
});

describe('verifying a folder', () => {
  it('holds the log against what the engine recorded, and each snapshot against the log', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, trades(12), SMALL);
    const { sequence } = await makeSnapshot({ folder, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    const told: string[] = [];
    const verified = await verifyFolder(folder, systemDisk, (path) => told.push(path));
    expect(verified).toMatchObject({ firstSequence: 1, lastSequence: 24, snapshots: [sequence], unfinishedBytes: 0 });
    expect(told).toEqual(await segmentsOf(folder));
  });

  it('finds a snapshot that is damaged, or of another past', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, trades(12), SMALL);
    const { sequence } = await makeSnapshot({ folder, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    const store = new SnapshotStore(folder, systemDisk);
    const path = store.path(sequence);
    const good = await store.read(sequence);
    await flipBit(path, 100);
    await expect(verifyFolder(folder, systemDisk)).rejects.toMatchObject({
      ...{ exit: 65, message: expect.stringContaining(`${path} at byte 0: expected a whole snapshot`) },
    });
    // Whole, and of other trades that led to the same digest of no frame.
    const other = await temporaryFolder();
    await writeLog(other, trades(20).reverse(), SMALL);
    await makeSnapshot({ folder: other, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    const foreign = new SnapshotStore(other, systemDisk);
    const [newest = 0] = await foreign.sequences();
    const read = await foreign.read(newest);
    if (!good.ok || !read.ok) throw new Error('no snapshot');
    await store.write({ ...good.snapshot, image: read.snapshot.image });
    await expect(verifyFolder(folder, systemDisk)).rejects.toMatchObject({ exit: 65 });
  });
});

describe('salvaging a log', () => {
  it('copies what comes before the damage, and says what it gives up', async () => {
    const folder = await temporaryFolder();
    const to = join(await temporaryFolder(), 'saved');
    await writeLog(folder, trades(12), SMALL);
    const [, second = ''] = await segmentsOf(folder);
    await flipBit(second, 2 * 4096 + 70);
    const before = await readFile(second);
    const salvage = await salvageLog(folder, to, systemDisk);
    expect(salvage).toMatchObject({ to, lastSequence: 8, damage: expect.stringContaining(`${second} at byte 8192`) });
    expect(salvage.givenUp).toEqual({ frames: 7, commands: 14, lastSequence: 24 });
    expect(await readFile(second)).toEqual(before);
    const { state, sequence } = await openLog(to, SMALL);
    expect([sequence, state.tally.matches]).toEqual([8, 4]);
  });

  it('of a whole one copies it all', async () => {
    const folder = await temporaryFolder();
    const to = join(folder, 'saved');
    await writeLog(folder, trades(12), SMALL);
    await makeSnapshot({ folder, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    const salvage = await salvageLog(folder, to, systemDisk);
    expect(salvage).toMatchObject({ lastSequence: 24, damage: null, givenUp: { frames: 0, commands: 0 } });
    expect((await verifyFolder(to, systemDisk)).snapshots).toHaveLength(1);
  });

  it('writes into no folder that holds something', async () => {
    const folder = await temporaryFolder();
    await writeLog(folder, trades(1), SMALL);
    await expect(salvageLog(folder, folder, systemDisk)).rejects.toMatchObject({ code: 'LOG_TARGET' });
  });
});
