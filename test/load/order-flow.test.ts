import { expect, it } from 'vitest';
import type { Flow } from '../../src/experiment/cases.ts';
import { flowSymbols, orderAt, symbolShare, type WireOrder } from '../../src/load/order-flow.ts';
import { ORDER_ID_PATTERN } from '../../src/protocol/orders.ts';

const ALL: Flow = { name: 'orders', shards: ['a', 'b', 'c'], stages: [] };
const HOT: Flow = { ...ALL, hot: { symbol: 'TEST-ASSET-A', share: 0.8 } };

function take(flow: Flow, count: number, seed = 7): WireOrder[] {
  return Array.from({ length: count }, (_, n) => orderAt({ flow, idPrefix: 'run-1', seed }, n));
}

const shareOf = (orders: WireOrder[], wanted: (order: WireOrder) => boolean) =>
  orders.filter(wanted).length / orders.length;

it('is 60 % aggressive and 40 % passive, each within its prices and quantities', () => {
  const orders = take(ALL, 20_000);
  expect(shareOf(orders, ({ price }) => price >= 15_000)).toBeCloseTo(0.6, 1);
  const prices = (low: number, high: number) =>
    new Set(orders.map(({ price }) => price).filter((price) => price >= low && price <= high));
  expect(prices(15_000, 15_099).size).toBe(100);
  expect(prices(14_701, 14_800).size).toBe(100);
  expect(new Set(orders.map(({ price }) => price)).size).toBe(200);
  const quantities = orders.map(({ quantity }) => quantity);
  expect([Math.min(...quantities), Math.max(...quantities)]).toEqual([10, 199]);
  expect(new Set(orders.map(({ side, type }) => `${side} ${type}`))).toEqual(new Set(['BUY LIMIT']));
});

it("draws evenly from the symbols of the flow's shards", () => {
  const orders = take(ALL, 24_000);
  for (const symbol of flowSymbols(ALL)) {
    expect(symbolShare(ALL, symbol)).toBeCloseTo(1 / 12);
    expect(shareOf(orders, (order) => order.symbol === symbol)).toBeCloseTo(1 / 12, 1);
  }
  expect(new Set(take({ ...ALL, shards: ['b'] }, 500).map(({ symbol }) => symbol))).toEqual(
    new Set(['TEST-ASSET-E', 'TEST-ASSET-F', 'TEST-ASSET-G', 'TEST-ASSET-H']),
  );
});

it('sends the hot share to the hot symbol and the rest evenly to the others', () => {
  const orders = take(HOT, 20_000);
  for (const symbol of flowSymbols(HOT)) {
    const expected = symbol === 'TEST-ASSET-A' ? 0.8 : 0.2 / 11;
    expect(symbolShare(HOT, symbol)).toBeCloseTo(expected);
    expect(Math.abs(shareOf(orders, (order) => order.symbol === symbol) - expected)).toBeLessThan(0.01);
  }
});

it('gives the same orders for the same seed, and others for another', () => {
  expect(take(ALL, 200)).toEqual(take(ALL, 200));
  expect(take(ALL, 200, 8)).not.toEqual(take(ALL, 200));
});

it('draws other orders for another flow', () => {
  const quantities = (name: string) => take({ name, shards: ['a'], stages: [] }, 50).map(({ quantity }) => quantity);
  expect(quantities('steady')).not.toEqual(quantities('rising'));
});

it('draws each order as if there were no order beside it', () => {
  const quantities = take(ALL, 5_000).map(({ quantity }) => quantity);
  const mean = quantities.reduce((sum, one) => sum + one, 0) / quantities.length;
  const products = quantities.slice(1).map((one, index) => (one - mean) * ((quantities[index] ?? 0) - mean));
  const variance = quantities.reduce((sum, one) => sum + (one - mean) ** 2, 0) / quantities.length;
  expect(Math.abs(products.reduce((sum, one) => sum + one, 0) / products.length / variance)).toBeLessThan(0.05);
});

it('numbers its orders with ids that an engine takes', () => {
  const ids = take(ALL, 3).map(({ orderId }) => orderId);
  expect(ids).toEqual(['run-1-orders-0', 'run-1-orders-1', 'run-1-orders-2']);
  expect(ids.every((id) => ORDER_ID_PATTERN.test(id))).toBe(true);
  expect(() => orderAt({ flow: ALL, idPrefix: 'x'.repeat(60), seed: 1 }, 0)).toThrow('not an order id');
});
