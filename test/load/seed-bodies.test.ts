import { expect, it } from 'vitest';
import { seedBodies } from '../../src/load/seed-bodies.ts';
import { seedOrders } from '../../src/load/seed-orders.ts';
import { SEED_BODY_BYTES_MAX } from '../../src/protocol/orders.ts';

const orders = (ordersPerSymbol: number) =>
  seedOrders({
    symbol: 'TEST-ASSET-A',
    shape: { ordersPerSymbol, levels: 500 },
    idPrefix: 'x'.repeat(40),
    seed: 7,
  });

it('puts the deepest seed of a shard, 40,000 orders, into one body', () => {
  const bodies = seedBodies(orders(40_000));
  expect(bodies).toHaveLength(1);
  expect(Buffer.byteLength(bodies[0]?.text ?? '')).toBeLessThanOrEqual(SEED_BODY_BYTES_MAX);
});

it('splits at the limit and loses nothing', () => {
  const all = orders(100);
  const bodies = seedBodies(all, 1_000);
  expect(bodies.length).toBeGreaterThan(1);
  for (const { text, orders: count } of bodies) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000);
    expect(JSON.parse(text).orders).toHaveLength(count);
  }
  expect(bodies.flatMap(({ text }) => JSON.parse(text).orders)).toEqual(all);
});

it('has no body for no orders', () => {
  expect(seedBodies([])).toEqual([]);
});
