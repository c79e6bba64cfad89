/**
 * How a book bears its growth to a million resting orders: memory an order, the longest single command on the way there,
 * and what it costs at each size and number of levels to place an order at a random level, and to cancel a random one. Each
 * size in a process of its own. Orders are placed by the thousand and cancelled again untimed, and the other way round, so
 * the size stays; their records are there beforehand, as in the ring.
 */
import { execFileSync } from 'node:child_process';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { RecordBuffer } from '../../src/engine/record.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import type { BenchResult } from '../run.ts';
import { medianWithRange } from '../statistics.ts';
import { writeRecord } from './books.ts';
import { uuid } from './mixes.ts';

const ROUNDS = 5;
const BATCH = 1_000;
const BATCHES = 100;
const SIZES: readonly { orders: number; levels: number }[] = [
  { orders: 1_000, levels: 10 },
  { orders: 10_000, levels: 100 },
  { orders: 100_000, levels: 1_000 },
  { orders: 1_000_000, levels: 1_000 },
  { orders: 1_000_000, levels: 10_000 },
  { orders: 1_000_000, levels: 100_000 },
];

interface Growth {
  bytesAnOrder: number;
  longestMs: number;
  nsToPlace: number;
  nsToCancel: number;
}

export async function benchGrowth(): Promise<BenchResult> {
  const rounds = SIZES.map(() => [] as Growth[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { orders, levels }] of SIZES.entries()) rounds[index]?.push(inOwnProcess(orders, levels));
  }
  const smallest = rounds[0] ?? [];
  return {
    conditions: `36-character ids, ${BATCHES} times ${BATCH.toLocaleString('en')} orders at each size, ${ROUNDS} interleaved rounds, a process each; memory is what the process grew by`,
    goals:
      'memory ≤ 110 B an order (80 B); longest stall ≤ 50 ms (10 ms); cost of an order at any size within 2 × of the smallest (1.3 ×)',
    leavesOut:
      'log, HTTP, metrics; the time that the system takes for pages is in, the time to make ids and records is not',
    rows: SIZES.map(({ orders, levels }, index) => {
      const own = rounds[index] ?? [];
      const ratio = (figure: 'nsToPlace' | 'nsToCancel'): string =>
        medianWithRange(own.map((growth, round) => growth[figure] / (smallest[round]?.[figure] ?? Number.NaN)));
      const figure = (name: keyof Growth, digits: number): string =>
        medianWithRange(
          own.map((growth) => growth[name]),
          digits,
        );
      return {
        'resting orders': orders,
        levels,
        'B an order': orders < 1_000_000 ? '' : figure('bytesAnOrder', 0),
        'longest ms': figure('longestMs', 2),
        'ns to place': figure('nsToPlace', 0),
        '× smallest': ratio('nsToPlace'),
        'ns to cancel': figure('nsToCancel', 0),
        '× smallest, cancel': ratio('nsToCancel'),
      };
    }),
  };
}

function inOwnProcess(orders: number, levels: number): Growth {
  const argv = ['--expose-gc', import.meta.filename, String(orders), String(levels)];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as Growth;
}

const RECORD_BYTES = 64;

class Bench {
  readonly #state = new ShardState('a', ['X'], undefined, { isServing: true });
  readonly #records = RecordBuffer.ofSize(BATCH * RECORD_BYTES);
  readonly #at = { sequence: 0, timeMs: 1_764_000_000_000 };
  readonly #levels: number;

  constructor(levels: number) {
    this.#levels = levels;
  }

  /** Where the `level`th level is: evens are asks, odds bids. */
  write(index: number, what: 'place' | 'cancel', id: string, level: number): void {
    const isSell = level % 2 === 0;
    const priceCents = isSell ? 10_000_001 + level : 10_000_000 - level;
    writeRecord(this.#records, index * RECORD_BYTES, { do: what, id, isSell, priceCents, quantity: 1 });
  }

  /** Applies what was written. Returns the milliseconds it took. */
  apply(count: number): number {
    const started = performance.now();
    for (let index = 0; index < count; index++) {
      this.#at.sequence++;
      this.#state.apply(this.#records, index * RECORD_BYTES, this.#at);
    }
    const tookMs = performance.now() - started;
    this.#state.effects.clear();
    return tookMs;
  }

  /** Places or cancels these, at random levels. Returns the milliseconds it took. */
  run(what: 'place' | 'cancel', ids: readonly string[], random: () => number): number {
    for (const [index, id] of ids.entries()) this.write(index, what, id, Math.floor(random() * this.#levels));
    return this.apply(ids.length);
  }
}

function grow(orders: number, levels: number): Growth {
  const random = seededRandom(1);
  const bench = new Bench(levels);
  const newIds = (count: number): string[] => Array.from({ length: count }, () => uuid(random));
  const batches = Array.from({ length: BATCHES }, () => newIds(BATCH));
  // The code is compiled, the effects have their size, and the book is empty again.
  for (const ids of batches.slice(0, 20)) {
    bench.run('place', ids, random);
    bench.run('cancel', ids, random);
  }
  const resting = newIds(orders);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let longestMs = 0;
  for (const id of resting) longestMs = Math.max(longestMs, bench.run('place', [id], random));
  globalThis.gc?.();
  const bytesAnOrder = (process.memoryUsage.rss() - before) / orders;
  const took = { place: 0, cancel: 0 };
  for (const ids of batches.map(() => newIds(BATCH))) {
    took.place += bench.run('place', ids, random);
    bench.run('cancel', ids, random);
    // Each once.
    const chosen = ids.map(() => Math.floor(random() * orders));
    const some = [...new Set(chosen)];
    took.cancel +=
      (bench.run(
        'cancel',
        some.map((slot) => resting[slot] ?? ''),
        random,
      ) *
        BATCH) /
      some.length;
    const instead = newIds(some.length);
    bench.run('place', instead, random);
    for (const [index, slot] of some.entries()) resting[slot] = instead[index] ?? '';
  }
  const nsEach = (ms: number): number => (ms * 1e6) / (BATCH * BATCHES);
  return { bytesAnOrder, longestMs, nsToPlace: nsEach(took.place), nsToCancel: nsEach(took.cancel) };
}

const [orders, levels] = process.argv.slice(2).map(Number);
if (import.meta.main && orders !== undefined && levels !== undefined) {
  process.stdout.write(JSON.stringify(grow(orders, levels)));
}
