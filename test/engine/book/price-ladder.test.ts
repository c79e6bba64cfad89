import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena } from '../../../src/engine/book/arena.ts';
import { PriceLadder } from '../../../src/engine/book/price-ladder.ts';

const price = fc.oneof(
  fc.integer({ min: 1, max: 1e9 }),
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(31, 32, 1e9),
);

it('finds each level and the next lower one, however far apart prices are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(price, fc.boolean()), { maxLength: 60 }), fc.array(price), (steps, asked) => {
      const nodes = new Arena(33);
      const ladder = new PriceLadder(nodes);
      const model = new Map<number, number>();
      for (const [index, [at, isRemoval]] of steps.entries()) {
        if (isRemoval && model.delete(at)) ladder.remove(at);
        else if (!isRemoval && !model.has(at)) {
          model.set(at, index + 1);
          ladder.insert(at, index + 1);
        }
        for (const one of [at, at + 1, ...asked]) {
          expect(ladder.at(one)).toBe(model.get(one) ?? 0);
          const lower = Math.max(0, ...[...model.keys()].filter((other) => other < one));
          expect(ladder.below(one)).toBe(model.get(lower) ?? 0);
        }
      }
      for (const at of model.keys()) ladder.remove(at);
      expect(nodes.live).toBe(0);
    }),
    { numRuns: 500 },
  );
});
