import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ring } from '../../../src/engine/ring/ring.ts';

it('is a bounded queue, first in, first out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.array(fc.boolean()), (power, steps) => {
      const ring = new Ring<number>(2 ** power);
      const model: number[] = [];
      for (const [index, isPut] of steps.entries()) {
        if (isPut) {
          const fits = model.length < ring.capacity;
          expect(ring.put(index)).toBe(fits);
          if (fits) model.push(index);
        } else expect(ring.take()).toBe(model.shift());
        expect(ring.size).toBe(model.length);
      }
    }),
  );
});

it('refuses a capacity that is no power of two', () => {
  expect(() => new Ring(3)).toThrow('no power of two');
});
