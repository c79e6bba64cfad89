import { expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
import { ordersAtLevel, seedOrders, shapeOf } from '../../src/load/seed-orders.ts';

const seeds = (ordersPerSymbol: number, levels: number) =>
  seedOrders({ symbol: 'TEST-ASSET-A', shape: { ordersPerSymbol, levels }, idPrefix: 'run-1', seed: 7 });

it.each([
  [500, 50, 10],
  [100, 10, 10],
  [10_000, 500, 20],
  [2_000, 100, 20],
])('spreads %i asks evenly over %i levels above the base price', (ordersPerSymbol, levels, each) => {
  const byPrice = Map.groupBy(seeds(ordersPerSymbol, levels), ({ price }) => price);
  expect([...byPrice.keys()]).toEqual(Array.from({ length: levels }, (_, index) => 15_001 + index));
  for (const orders of byPrice.values()) expect(orders).toHaveLength(each);
});

it('gives the best levels one more where it does not divide', () => {
  const shape = { ordersPerSymbol: 8, levels: 3 };
  const byPrice = Map.groupBy(seeds(8, 3), ({ price }) => price);
  expect([1, 2, 3].map((level) => ordersAtLevel(shape, level))).toEqual([3, 3, 2]);
  expect([...byPrice.values()].map(({ length }) => length)).toEqual([3, 3, 2]);
});

it('sells limited quantities under ids of their own, the same for the same seed', () => {
  const orders = seeds(500, 50);
  expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(500);
  expect(new Set(orders.map(({ side, type, symbol }) => `${side} ${type} ${symbol}`)).size).toBe(1);
  expect(orders.every(({ side, quantity }) => side === 'SELL' && quantity >= 10 && quantity <= 199)).toBe(true);
  expect(seeds(500, 50)).toEqual(orders);
});

it('knows the symbols with another shape', () => {
  const hot = CASES.find(({ id }) => id === 'b4')?.phases[0];
  if (hot === undefined) throw new Error('no phase');
  expect(shapeOf(hot, 'TEST-ASSET-A')).toEqual({ ordersPerSymbol: 2_000, levels: 100 });
  expect(shapeOf(hot, 'TEST-ASSET-B')).toEqual({ ordersPerSymbol: 500, levels: 50 });
});
