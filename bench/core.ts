/**
 * The matching core alone, one thread, 36-character ids: commands applied a second, over the experiment's own mix (60 %
 * aggressive buys, 40 % passive, asks topped up) and one with 45 % cancels. Left out: log, HTTP, metrics.
 */
import { randomUUID } from 'node:crypto';
import type { Command } from '../src/engine/commands.ts';
import { ShardState } from '../src/engine/match/shard-state.ts';
import type { NewOrder, Side } from '../src/protocol/orders.ts';
import { type Random, randomInteger, seededRandom } from '../src/stats/seeded-random.ts';
import type { BenchResult } from './run.ts';
import { medianWithRange } from './statistics.ts';

const COMMANDS = 200_000;
const ROUNDS = 5;
const SYMBOL = 'TEST-ASSET-A';

const MIXES: Record<string, (random: Random) => Command[]> = {
  'experiment: 64 % buys, asks topped up': (random) =>
    commands(() => (random() < 0.64 ? buy(random) : order('SELL', 15_000 + randomInteger(random, 1, 50), random))),
  '45 % cancels': (random) => withCancels(random),
};

export async function benchCore(): Promise<BenchResult> {
  const rates: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, mix] of Object.entries(MIXES)) {
      const list = mix(seededRandom(round));
      const state = new ShardState('a', [SYMBOL]);
      const started = performance.now();
      for (const [index, command] of list.entries()) state.apply(command, { sequence: index + 1, timeMs: 0 });
      const perSecond = COMMANDS / ((performance.now() - started) / 1000);
      rates[name] = [...(rates[name] ?? []), perSecond];
    }
  }
  return {
    conditions: `${COMMANDS} commands a round, ${ROUNDS} interleaved rounds`,
    rows: Object.entries(rates).map(([mix, values]) => ({ mix, 'commands/s': medianWithRange(values, 0) })),
  };
}

function commands(next: () => NewOrder): Command[] {
  return Array.from({ length: COMMANDS }, () => ({ kind: 'place', order: next() }));
}

function withCancels(random: Random): Command[] {
  const placed: string[] = [];
  return Array.from({ length: COMMANDS }, (): Command => {
    if (random() < 0.45 && placed.length > 0) {
      const [orderId = ''] = placed.splice(randomInteger(random, 0, Math.min(placed.length, 64) - 1), 1);
      return { kind: 'cancel', orderId, symbol: null };
    }
    const next = random() < 0.5 ? buy(random) : order('SELL', 15_000 + randomInteger(random, 1, 200), random);
    placed.push(next.orderId);
    return { kind: 'place', order: next };
  });
}

function buy(random: Random): NewOrder {
  const aggressive = random() < 0.6;
  return order(
    'BUY',
    aggressive ? 15_000 + randomInteger(random, 0, 99) : 14_800 - randomInteger(random, 0, 99),
    random,
  );
}

function order(side: Side, priceCents: number, random: Random): NewOrder {
  const quantity = randomInteger(random, 10, 199);
  return {
    orderId: randomUUID(),
    symbol: SYMBOL,
    side,
    type: 'LIMIT',
    timeInForce: 'GTC',
    postOnly: false,
    priceCents,
    quantity,
  };
}
