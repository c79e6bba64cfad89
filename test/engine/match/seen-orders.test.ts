import { expect, it } from 'vitest';
import { SeenOrders } from '../../../src/engine/match/seen-orders.ts';
import { buy } from '../orders.ts';

it('remembers the last ids at least, and twice as many at most', () => {
  const seen = new SeenOrders(10);
  for (let index = 1; index <= 100; index++) {
    seen.remember({ order: buy(`o${index}`, 1, 1), timestampMs: index, refusal: null });
    const known = Array.from({ length: index }, (_, back) => seen.find(`o${index - back}`)?.timestampMs);
    const expected = Array.from({ length: Math.min(index, 10) }, (_, back) => index - back);
    expect(known.slice(0, 10)).toEqual(expected);
    expect(known.filter((found) => found !== undefined).length).toBeLessThanOrEqual(20);
  }
});
