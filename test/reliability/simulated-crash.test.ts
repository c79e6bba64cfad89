import { describe, expect, it } from 'vitest';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { makeSnapshot } from '../../src/engine/snapshot/follower.ts';
import { newestSnapshot, restoreSnapshot } from '../../src/engine/snapshot/load-snapshot.ts';
import { superfluous } from '../../src/engine/snapshot/retention.ts';
import { SnapshotStore } from '../../src/engine/snapshot/snapshot-store.ts';
import { listSegments } from '../../src/engine/wal/folder.ts';
import { recover } from '../../src/engine/wal/recover.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { buy, type Command, place, SYMBOLS, sell } from '../engine/orders.ts';
import { commitBatch } from '../engine/wal/logs.ts';
import { SimCrash, SimDisk } from './sim-disk.ts';

const FOLDER = '/shard';
const SEGMENT_BYTES = 6 * 4096;
/** Lives of one log: each ends with a crash at a random operation, of recovery too. */
const LIVES = 8;
const RUNS = Number(process.env.MEX_CRASHES ?? 2_000) / LIVES;
const BATCHES_MAX = 40;

/** What the engine promised, over all lives: the digests that a recovery may find. */
interface Ledger {
  sequence: number;
  digest: string;
  /** A batch that was on its way: it may have got there or not. */
  maybe: { sequence: number; digest: string } | null;
  /** Batches of which nobody was told, and that were there after a crash. */
  survived: number;
  orders: number;
  timeMs: number;
}

const digestOf = (state: ShardState): string => [...state.digest].join();

async function openOn(disk: SimDisk, random: () => number) {
  const state = new ShardState('a', SYMBOLS);
  const closed: (() => Promise<void>)[] = [];
  const recovered = await recover(
    {
      ...{ folder: FOLDER, shardId: 'a', symbols: SYMBOLS, segmentBytesMax: SEGMENT_BYTES, disk },
      clock: { nowMs: () => 1, monotonicNs: () => 0, after: () => () => undefined, soon: queueMicrotask },
      newSegmentId: () => Math.floor(random() * 2 ** 32),
      segmentClosed: () => void closed.push(() => snapshot(disk, random)),
      async restoreSnapshot() {
        const store = new SnapshotStore(FOLDER, disk);
        const newest = await newestSnapshot(store);
        return newest && restoreSnapshot(newest, state, store.path(newest.sequence));
      },
    },
    state,
  );
  return { ...recovered, state, closed };
}

/** As `Snapshots` does it, without the thread. */
async function snapshot(disk: SimDisk, random: () => number): Promise<void> {
  await makeSnapshot({ folder: FOLDER, shardId: 'a', symbols: SYMBOLS }, disk);
  const segments = await listSegments(FOLDER, disk);
  const store = new SnapshotStore(FOLDER, disk);
  const firstSequences = segments.map(({ firstSequence }) => firstSequence);
  const retention = { confirmedSequence: Number.POSITIVE_INFINITY, retainedSegments: Math.floor(random() * 3) };
  const old = superfluous(firstSequences, await store.sequences(), retention);
  for (const index of old.segments) await disk.remove(segments[index]?.path ?? '');
  for (const sequence of old.snapshots) await store.remove(sequence);
}

function batchOf(ledger: Ledger, random: () => number): Command[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  return Array.from({ length: 1 + below(random() < 0.2 ? 100 : 8) }, () => {
    if (random() < 0.2) return { kind: 'cancel', orderId: `o-${below(ledger.orders + 1)}`, symbol: null };
    const order = random() < 0.5 ? buy : sell;
    return place(order(`o-${ledger.orders++}`, 95 + below(10), 1 + below(9)));
  });
}

/** Works until the disk crashes or enough is done. */
async function live(disk: SimDisk, ledger: Ledger, random: () => number): Promise<void> {
  const { log, state, sequence, closed } = await openOn(disk, random);
  const found = { sequence, digest: digestOf(state) };
  const kept = { sequence: ledger.sequence, digest: ledger.digest };
  expect([kept, ledger.maybe]).toContainEqual(found);
  if (ledger.maybe?.sequence === sequence) ledger.survived++;
  Object.assign(ledger, found, { maybe: null });
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const commands = batchOf(ledger, random);
    ledger.timeMs++;
    const committed = commitBatch({ log, state }, commands, ledger.timeMs);
    // The state has been matched by now, the disk has not answered.
    ledger.maybe = { sequence: ledger.sequence + commands.length, digest: digestOf(state) };
    await committed;
    Object.assign(ledger, ledger.maybe, { maybe: null });
    if (random() < 0.3) await log.seal(state.digest);
    if (random() < 0.5) await closed.shift()?.();
  }
  await log.close();
}

const newLedger = (): Ledger => {
  const digest = digestOf(new ShardState('a', SYMBOLS));
  return { sequence: 0, digest, maybe: null, survived: 0, orders: 0, timeMs: 1000 };
};

describe('a machine that loses its power at any operation', () => {
  it(`keeps all that was acknowledged, ${RUNS * LIVES} times`, async () => {
    let crashes = 0;
    const seen = { snapshots: 0, torn: 0, unacknowledged: 0 };
    for (let run = 0; run < RUNS; run++) {
      const random = seededRandom(run);
      const ledger = newLedger();
      let files = new Map<string, Buffer>();
      for (let life = 0; life < LIVES; life++) {
        const operation = 1 + Math.floor(random() * 220);
        const disk: SimDisk = new SimDisk({
          random,
          files,
          before() {
            if (disk.operations >= operation) throw new SimCrash();
          },
        });
        try {
          await live(disk, ledger, random);
        } catch (thrown) {
          if (!isCrash(thrown)) throw thrown;
        }
        crashes++;
        files = disk.afterCrash();
        seen.snapshots += [...files.keys()].filter((path) => path.endsWith('.snap')).length;
        seen.torn += [...files.keys()].filter((path) => path.includes('/torn/')).length;
      }
      await live(new SimDisk({ random, files }), ledger, random);
      seen.unacknowledged += ledger.survived;
    }
    expect(crashes).toBe(RUNS * LIVES);
    // The crashes were worth the name.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });
});

describe('a disk that fails once', () => {
  it('at any of its calls: nothing is acknowledged behind it, and a restart has all that was before', async () => {
    const random = seededRandom(1);
    for (let failing = 1, isOver = false; !isOver; failing++) {
      const ledger = newLedger();
      const disk: SimDisk = new SimDisk({
        random: seededRandom(failing),
        before(operation, path) {
          if (disk.operations !== failing) return;
          throw Object.assign(new Error(`EIO: ${operation} ${path}`), { code: 'EIO', syscall: operation });
        },
      });
      const work = live(disk, ledger, random);
      const failure = await work.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (failure !== null) expect(failure).toMatchObject({ message: expect.stringContaining('EIO') });
      isOver = disk.operations < failing;
      await live(new SimDisk({ random, files: disk.files() }), ledger, random);
    }
  });
});

function isCrash(thrown: unknown): boolean {
  return thrown instanceof SimCrash || (thrown instanceof Error && thrown.cause instanceof SimCrash);
}
