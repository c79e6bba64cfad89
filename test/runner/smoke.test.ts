import { describe, expect, it } from 'vitest';
import { freePrice } from '../../src/runner/smoke-pair.ts';

const level = (price: number) => [{ price, quantity: 1, orders: 1 }];

describe('the price at which a pair of orders touches nobody else’s', () => {
  it.each([
    ['an empty book', [], [], 15_001],
    ['asks alone', [], level(15_001), 15_000],
    ['bids alone', level(20_000), [], 20_001],
    ['a bid and an ask with room', level(14_000), level(15_001), 15_000],
  ])('lies inside %s', (_book, bids, asks, price) => {
    const free = freePrice({ bids, asks });
    expect(free).toBe(price);
    expect(free).toBeGreaterThan(bids[0]?.price ?? 0);
    expect(free).toBeLessThan(asks[0]?.price ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    ['where bid and ask are neighbours', level(15_000), level(15_001)],
    ['where the ask is at the lowest price', [], level(1)],
  ])('does not exist %s', (_where, bids, asks) => expect(freePrice({ bids, asks })).toBeUndefined());
});
