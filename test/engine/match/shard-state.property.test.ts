import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShardState } from '../../../src/engine/match/shard-state.ts';
import { encodeState, restoreState } from '../../../src/engine/match/state-image.ts';
import { type Command, fillsOf, type Outcome, recordOf, Shard, SYMBOL, SYMBOLS, type TestOrder } from '../orders.ts';
import { NaiveShard } from './naive-book.ts';

const kind = fc.constantFrom(
  ...(['GTC', 'GTC', 'GTC', 'IOC', 'FOK'] as const).map((timeInForce) => ({
    type: 'LIMIT' as const,
    timeInForce,
    postOnly: false,
  })),
  { type: 'LIMIT' as const, timeInForce: 'GTC' as const, postOnly: true },
  { type: 'MARKET' as const, timeInForce: 'GTC' as const, postOnly: false },
  { type: 'MARKET' as const, timeInForce: 'FOK' as const, postOnly: false },
);
/** Near each other, so that they trade, and a few far apart. */
const price = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 95, max: 105 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 31, 32, 1_023, 1_024, 32_768, 999_999_999, 1_000_000_000) },
);
const quantity = fc.integer({ min: 1, max: 20 });
/** Few, so that ids come again: short ones, a UUID, one that only looks like one, long ones that differ at the end. */
const ids = [
  ...Array.from({ length: 24 }, (_, index) => `o${index}`),
  'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  'F81D4FAE-7dec-11d0-a765-00a0c91e6bf6',
  `${'x'.repeat(35)}1`,
  `${'x'.repeat(35)}2`,
  `${'y'.repeat(63)}1`,
  `${'y'.repeat(63)}2`,
];
const orderId = fc.constantFrom(...ids);
const account = fc.constantFrom(undefined, undefined, 'alice', 'bob');
const side = fc.constantFrom('BUY' as const, 'SELL' as const);
const symbol = fc.constantFrom(SYMBOL, SYMBOL, SYMBOL, ...SYMBOLS.slice(1));

const order = fc.record({ orderId, symbol, side, kind, price, quantity, account }).map((row): TestOrder => {
  const { kind: how, price: priceCents, account: owner, ...rest } = row;
  const limit = how.type === 'MARKET' ? 0 : priceCents;
  return { ...rest, ...how, priceCents: limit, ...(owner === undefined ? {} : { account: owner }) };
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 60, arbitrary: order.map((one): Command => ({ kind: 'place', order: one })) },
  {
    weight: 15,
    arbitrary: fc
      .record({ orderId, symbol: fc.constantFrom(null, null, ...SYMBOLS) })
      .map((cancel): Command => ({ kind: 'cancel', ...cancel })),
  },
  {
    weight: 20,
    arbitrary: fc
      .record({ orderId, priceCents: fc.option(price, { nil: 0 }), quantity: fc.option(quantity, { nil: 0 }) })
      .map((amend): Command => ({ kind: 'amend', symbol: null, ...amend })),
  },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.record({ orderId, symbol, side, price, quantity }), { maxLength: 6 })
      .map((rows): Command => ({ kind: 'seed', orders: rows.map(seedOrder) })),
  },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: 'reset' }) },
);

function seedOrder({
  price: priceCents,
  ...row
}: Pick<TestOrder, 'orderId' | 'symbol' | 'side' | 'quantity'> & { price: number }): TestOrder {
  return { ...row, type: 'LIMIT', timeInForce: 'GTC', postOnly: false, priceCents };
}

const told = (outcome: Outcome) => {
  const { events: _, ...rest } = { events: [], ...outcome };
  return { ...rest, fills: fillsOf(outcome) };
};

describe('a shard, whatever commands come', () => {
  it('answers, trades and keeps its books as a naive one does, loses no quantity and never crosses', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 60 }), fc.constantFrom(3, 1000), (commands, window) => {
        const shard = new Shard({ finishedWindow: window });
        const naive = new NaiveShard(window);
        for (const one of commands) {
          expect(told(shard.apply(one))).toEqual(told(naive.apply(one)));
          for (const name of SYMBOLS) {
            const book = shard.book(name);
            expect(book).toEqual(naive.text(name));
            const [bid, ask] = [book.bids[0], book.asks[0]].map((level) => Number.parseInt(level ?? '', 10));
            expect((bid ?? Number.NaN) >= (ask ?? Number.NaN)).toBe(false);
          }
        }
        for (const id of ids) expect(shard.order(id)).toEqual(naive.order(id));
        expect(shard.state.tally).toEqual(naive.tally);
      }),
      { numRuns: Number(process.env.MEX_MODEL_RUNS ?? 10_000) },
    );
  });

  it('is the same after a replay, from the start or from any image, whatever its hash', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), fc.nat(), (commands, nat) => {
        const options = { finishedWindow: 5 };
        const live = new Shard(options);
        const cut = nat % commands.length;
        let image = new Uint8Array();
        for (const [index, one] of commands.entries()) {
          if (index === cut) image = encodeState(live.state).slice();
          live.apply(one);
        }
        const restored = new ShardState('a', SYMBOLS, undefined, { ...options, hashSeed: 77 });
        restoreState(restored, image, SYMBOLS);
        expect(Buffer.from(encodeState(restored)).equals(image)).toBe(true);
        const replayed = new ShardState('a', SYMBOLS, undefined, { ...options, hashSeed: 99 });
        for (const [index, one] of commands.entries()) {
          for (const state of index < cut ? [replayed] : [replayed, restored]) {
            state.effects.clear();
            state.apply(recordOf(one), 0, { sequence: index + 1, timeMs: 1000 + index + 1 });
          }
        }
        for (const state of [replayed, restored]) {
          expect([...state.digest]).toEqual([...live.state.digest]);
          expect(Buffer.from(encodeState(state)).equals(encodeState(live.state))).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
