import { expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
import { LEVELS_READ, replenishedSymbols, replenishPeriodMs, topUp } from '../../src/load/top-up.ts';

const level = (price: number, orders: number) => ({ price, orders, quantity: orders * 100 });
const SHAPE = { ordersPerSymbol: 30, levels: 3 };

it.each([
  { what: 'nothing, of a full book', bids: [], asks: [10, 10, 10], missing: [], blocked: 0 },
  {
    what: 'what was consumed',
    bids: [15_000],
    asks: [4, 10, 9],
    missing: [
      [15_001, 6],
      [15_003, 1],
    ],
    blocked: 0,
  },
  { what: 'a level that is gone', bids: [], asks: [0, 10, 10], missing: [[15_001, 10]], blocked: 0 },
  { what: 'nothing, of a level with more', bids: [], asks: [12, 10, 10], missing: [], blocked: 0 },
  {
    what: 'an empty book',
    bids: [],
    asks: [0, 0, 0],
    missing: [
      [15_001, 10],
      [15_002, 10],
      [15_003, 10],
    ],
    blocked: 0,
  },
  { what: 'only what does not cross', bids: [15_001], asks: [0, 3, 10], missing: [[15_002, 7]], blocked: 1 },
  { what: 'nothing up to the best bid', bids: [15_003], asks: [0, 0, 0], missing: [], blocked: 3 },
])('tops up $what', ({ bids, asks, missing, blocked }) => {
  const book = {
    bids: bids.map((price) => level(price, 1)),
    asks: asks.flatMap((orders, index) => (orders === 0 ? [] : [level(15_001 + index, orders)])),
  };
  const expected = missing.map(([priceCents, orders]) => ({ priceCents, orders }));
  expect(topUp(book, SHAPE)).toEqual({ missing: expected, blockedLevels: blocked });
});

it('takes the levels below those read for full', () => {
  const asks = Array.from({ length: LEVELS_READ }, (_, index) => level(15_002 + index, 10));
  expect(topUp({ bids: [], asks }, { ordersPerSymbol: 500, levels: 50 }).missing).toEqual([
    { priceCents: 15_001, orders: 10 },
  ]);
});

it('brings an empty deep book back in rounds of at most 500', () => {
  const { missing } = topUp({ bids: [], asks: [] }, { ordersPerSymbol: 10_000, levels: 500 });
  expect(missing.reduce((sum, { orders }) => sum + orders, 0)).toBe(500);
});

it.each([
  ['a2', 'TEST-ASSET-A', 490],
  ['b2', 'TEST-ASSET-L', 298],
  ['b4', 'TEST-ASSET-A', 100],
  ['b4', 'TEST-ASSET-B', 1_000],
  ['b5', 'TEST-ASSET-E', 124],
])('looks often enough in %s at %s: every %i ms', (id, symbol, periodMs) => {
  const phase = CASES.find((one) => one.id === id)?.phases[0];
  if (phase === undefined) throw new Error('no phase');
  expect(Math.round(replenishPeriodMs(phase, symbol))).toBe(periodMs);
  expect(replenishedSymbols(phase)).toContain(symbol);
});
