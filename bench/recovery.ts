/**
 * From a log to an engine that serves: commands replayed a second, in the engine's own start (program, lock, listening,
 * snapshot and replay are in the time to ready). The log is written beforehand, by the engine's own writer, in frames of
 * 200 commands. Left out: a cold page cache.
 */
import { systemClock } from '../src/engine/clock.ts';
import { ShardState } from '../src/engine/match/shard-state.ts';
import { RecordBuffer } from '../src/engine/record.ts';
import { makeSnapshot } from '../src/engine/snapshot/follower.ts';
import { systemDisk } from '../src/engine/wal/disk.ts';
import { recover } from '../src/engine/wal/recover.ts';
import { writeRecord } from './core/books.ts';
import { mixOf } from './core/mixes.ts';
import type { BenchResult } from './run.ts';
import { startEngine, withFolder } from './servers.ts';
import { medianWithRange } from './statistics.ts';

const COMMANDS = 1_000_000;
const FRAME_COMMANDS = 200;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const ROUNDS = 5;
const SYMBOLS = ['TEST-ASSET-A', 'TEST-ASSET-B', 'TEST-ASSET-C', 'TEST-ASSET-D'];

export async function benchRecovery(): Promise<BenchResult> {
  return await withFolder(async (folder) => {
    await writeLog(folder);
    const empty: number[] = [];
    const replayed: number[] = [];
    const restored: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      empty.push(await withFolder((fresh) => readyMs(fresh)));
      replayed.push(await readyMs(folder));
    }
    await makeSnapshot({ folder, shardId: 'a', symbols: SYMBOLS }, systemDisk);
    for (let round = 0; round < ROUNDS; round++) restored.push(await readyMs(folder));
    const base = Math.min(...empty);
    return {
      conditions: `${COMMANDS.toLocaleString('en')} commands (64 % buys, asks topped up), ${ROUNDS} interleaved starts each`,
      goals: 'replay ≥ 500,000 commands/s (1,000,000)',
      leavesOut: 'a cold page cache',
      rows: [
        { start: 'empty', 'ready ms': medianWithRange(empty, 0), 'commands/s': '' },
        {
          start: 'replay',
          'ready ms': medianWithRange(replayed, 0),
          'commands/s': medianWithRange(
            replayed.map((ms) => (COMMANDS / (ms - base)) * 1000),
            0,
          ),
        },
        { start: 'snapshot, and the log behind it', 'ready ms': medianWithRange(restored, 0), 'commands/s': '' },
      ],
    };
  });
}

async function readyMs(folder: string): Promise<number> {
  const engine = await startEngine(folder);
  await engine.stop();
  return engine.readyMs;
}

async function writeLog(folder: string): Promise<void> {
  const about = { folder, shardId: 'a', symbols: SYMBOLS, segmentBytesMax: SEGMENT_BYTES, disk: systemDisk };
  const state = new ShardState('a', SYMBOLS);
  const { log } = await recover({ ...about, clock: systemClock, newSegmentId: () => 1 }, state);
  const record = RecordBuffer.ofSize(256);
  const at = { sequence: 0, timeMs: 1 };
  const digest = new Uint32Array(2);
  const orders = mixOf('buys', COMMANDS, 1);
  for (let start = 0; start < orders.length; start += FRAME_COMMANDS) {
    digest.set(state.digest);
    for (const order of orders.slice(start, start + FRAME_COMMANDS)) {
      writeRecord(record, 0, order);
      log.put(record, 0);
      at.sequence++;
      state.apply(record, 0, at);
    }
    state.effects.clear();
    await log.commit(1, digest);
  }
  await log.seal(state.digest);
  await log.close();
}
