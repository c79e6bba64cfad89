/**
 * How a book bears its growth to a million resting orders: memory an order, the longest single command on the way there,
 * and what a command costs at each size and number of levels. Each size in a process of its own. A command is a cancel of
 * a random order and a new one in its place, so the size stays.
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
const COMMANDS = 200_000;
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
  nsACommand: number;
}

export async function benchGrowth(): Promise<BenchResult> {
  const rounds = SIZES.map(() => [] as Growth[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { orders, levels }] of SIZES.entries()) rounds[index]?.push(inOwnProcess(orders, levels));
  }
  const smallest = rounds[0] ?? [];
  return {
    conditions: `36-character ids, ${COMMANDS.toLocaleString('en')} commands at each size, ${ROUNDS} interleaved rounds, a process each; memory is what the process grew by`,
    goals: 'memory ≤ 110 B an order (80 B); longest stall ≤ 50 ms (10 ms); cost of a command flat within 2 × (1.3 ×)',
    leavesOut: 'log, HTTP, metrics; the time that the system takes for pages is in, the time to make ids is not',
    rows: SIZES.map(({ orders, levels }, index) => {
      const of = (figure: (growth: Growth, round: number) => number): number[] => (rounds[index] ?? []).map(figure);
      return {
        'resting orders': orders,
        levels,
        'B an order':
          orders < 1_000_000
            ? ''
            : medianWithRange(
                of((growth) => growth.bytesAnOrder),
                0,
              ),
        'longest ms': medianWithRange(of((growth) => growth.longestMs)),
        'ns a command': medianWithRange(
          of((growth) => growth.nsACommand),
          0,
        ),
        '× smallest': medianWithRange(
          of((growth, round) => growth.nsACommand / (smallest[round]?.nsACommand ?? Number.NaN)),
        ),
      };
    }),
  };
}

function inOwnProcess(orders: number, levels: number): Growth {
  const argv = ['--expose-gc', import.meta.filename, String(orders), String(levels)];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as Growth;
}

function grow(orders: number, levels: number): Growth {
  const random = seededRandom(1);
  const state = new ShardState('a', ['X'], undefined, { isServing: true });
  const records = RecordBuffer.ofSize(256);
  const at = { sequence: 0, timeMs: 1_764_000_000_000 };
  const order = { do: 'place', id: '', isSell: false, priceCents: 0, quantity: 1 } as const;
  const place = (id: string, slot: number): void => {
    const isSell = slot % 2 === 0;
    const priceCents = isSell ? 10_000_001 + (slot % levels) : 10_000_000 - (slot % levels);
    writeRecord(records, 0, { ...order, id, isSell, priceCents });
    at.sequence++;
    state.apply(records, 0, at);
    state.effects.clear();
  };
  // The code is compiled, the effects have their size, and the book is empty again.
  for (let index = 0; index < 20_000; index++) {
    const id = uuid(random);
    place(id, index);
    cancel(id);
  }
  function cancel(id: string): void {
    writeRecord(records, 0, { ...order, do: 'cancel', id });
    at.sequence++;
    state.apply(records, 0, at);
    state.effects.clear();
  }
  const ids = Array.from({ length: orders }, () => uuid(random));
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let longestMs = 0;
  for (const [slot, id] of ids.entries()) {
    const started = performance.now();
    place(id, slot);
    longestMs = Math.max(longestMs, performance.now() - started);
  }
  globalThis.gc?.();
  const bytesAnOrder = (process.memoryUsage.rss() - before) / orders;
  const fresh = Array.from({ length: COMMANDS / 2 }, () => uuid(random));
  const chosen = fresh.map(() => Math.floor(random() * orders));
  const started = performance.now();
  for (const [index, id] of fresh.entries()) {
    const slot = chosen[index] ?? 0;
    cancel(ids[slot] ?? '');
    ids[slot] = id;
    place(id, slot);
  }
  return { bytesAnOrder, longestMs, nsACommand: ((performance.now() - started) * 1e6) / COMMANDS };
}

const [orders, levels] = process.argv.slice(2).map(Number);
if (import.meta.main && orders !== undefined && levels !== undefined) {
  process.stdout.write(JSON.stringify(grow(orders, levels)));
}
