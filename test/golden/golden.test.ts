import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countLog } from '../../src/engine/inspect/count-log.ts';
import { listEvents } from '../../src/engine/inspect/list-events.ts';
import { verifyFolder } from '../../src/engine/inspect/verify-folder.ts';
import { newestSnapshot, restoreSnapshot } from '../../src/engine/snapshot/load-snapshot.ts';
import { SnapshotStore } from '../../src/engine/snapshot/snapshot-store.ts';
import { systemDisk } from '../../src/engine/wal/disk.ts';
import { digestText, replayLog } from '../../src/engine/wal/replay.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { openLog, temporaryFolder } from '../engine/wal/logs.ts';

const GOLDEN = import.meta.dirname;
const logs = (await readdir(GOLDEN)).filter((name) => name.startsWith('log-'));

describe.each(logs)('%s, written by an earlier release', (name) => {
  const folder = join(GOLDEN, name, 'shard');
  const inspection = async () => JSON.parse(await readFile(join(GOLDEN, name, 'inspection.json'), 'utf8'));

  it('gives the same books', async () => {
    expect(await countLog(folder, systemDisk)).toEqual(await inspection());
  });

  it('gives the same events, byte for byte', async () => {
    const lines: string[] = [];
    await listEvents(folder, systemDisk, ({ value }) => lines.push(`${value}\n`));
    expect(lines.join('') === (await readFile(join(GOLDEN, name, 'events.ndjson'), 'utf8'))).toBe(true);
  });

  it('is whole, and so is its snapshot', async () => {
    const { shardId, lastSequence } = await inspection();
    const verified = await verifyFolder(folder, systemDisk);
    expect(verified).toMatchObject({ shardId, lastSequence, firstSequence: 1, snapshots: [expect.any(Number)] });
  });

  it('gives the same from the snapshot on', async () => {
    const { shardId, symbols, lastSequence, digest } = await inspection();
    const store = new SnapshotStore(folder, systemDisk);
    const snapshot = await newestSnapshot(store);
    if (snapshot === null) throw new Error('no snapshot');
    const state = new ShardState(shardId, symbols);
    const from = restoreSnapshot(snapshot, state, '');
    const end = await replayLog(state, { folder, disk: systemDisk, from });
    expect([end.lastSequence, digestText(state.digest)]).toEqual([lastSequence, digest]);
  });

  it('is where a new engine goes on', async () => {
    const { shardId, symbols, lastSequence, digest } = await inspection();
    const copy = await temporaryFolder();
    await cp(folder, copy, { recursive: true });
    const { state, sequence } = await openLog(copy, { shardId, symbols });
    expect([sequence, digestText(state.digest)]).toEqual([lastSequence, digest]);
  });
});

it('there are some', () => {
  expect(logs).toContain('log-v2');
});
