import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND, RecordBuffer } from '../../../src/engine/record.ts';
import { nextBatch } from '../../../src/engine/ring/next-batch.ts';
import { Ring } from '../../../src/engine/ring/ring.ts';

const FIELDS = { kind: COMMAND.place, flags: 0, symbol: 0, priceCents: 1, quantity: 1 };

function put(ring: Ring<string>, name: string): boolean {
  const offset = ring.claim();
  if (offset < 0) return false;
  ring.records.write(offset, FIELDS, name);
  ring.publish(name, 0, 0, null);
  return true;
}

function contents(ring: Ring<string>): string[] {
  return Array.from({ length: ring.size }, (_, index) => {
    const slot = ring.at(index);
    const name = ring.recordsOf(slot).orderId(ring.offsetOf(slot));
    expect(ring.client(slot)).toBe(name);
    return name;
  });
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('put' as const) },
  { weight: 2, arbitrary: fc.constant('release' as const) },
  { weight: 1, arbitrary: fc.constant('drop' as const) },
);

describe('a ring', () => {
  it('is a bounded queue, first in, first out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.array(fc.tuple(step, fc.nat(5))), (power, steps) => {
        const ring = new Ring<string>(2 ** power);
        let model: string[] = [];
        for (const [index, [kind, count]] of steps.entries()) {
          const some = Math.min(count, model.length);
          if (kind === 'put') {
            const fits = model.length < ring.capacity;
            expect(put(ring, `o-${index}`)).toBe(fits);
            if (fits) model.push(`o-${index}`);
          } else if (kind === 'release') {
            ring.release(some);
            model = model.slice(some);
          } else {
            ring.dropFrom(some);
            model = model.slice(0, some);
          }
          expect(contents(ring)).toEqual(model);
        }
      }),
    );
  });

  it('refuses a capacity that is no power of two', () => {
    expect(() => new Ring(3)).toThrow('no power of two');
  });

  it('writes a claimed command anew until it is published', () => {
    const ring = new Ring<string>(2);
    ring.records.write(ring.claim(), FIELDS, 'given-up');
    put(ring, 'kept');
    expect(contents(ring)).toEqual(['kept']);
  });

  it('keeps nothing of a client that has been told, or that left', () => {
    const ring = new Ring<string>(2);
    put(ring, 'told');
    ring.forgetClient(ring.at(0));
    expect(ring.client(ring.at(0))).toBeNull();
    const slot = ring.at(0);
    ring.publish('seeder', 0, 0, RecordBuffer.ofSize(16));
    ring.release(2);
    expect([ring.client(slot), ring.client(slot + 1), ring.offsetOf(slot + 1)]).toEqual([null, null, 144]);
  });
});

describe('the next batch', () => {
  const seedOf = (bytes: number): RecordBuffer => {
    const seed = RecordBuffer.ofSize(16 + bytes);
    seed.write(0, { ...FIELDS, kind: COMMAND.seed, quantity: bytes });
    return seed;
  };

  it('takes everything that waits, up to 4,096 commands and 256 KiB', () => {
    const ring = new Ring<string>(8192);
    for (let index = 0; index < 5000; index++) put(ring, `o-${index}`);
    expect([nextBatch(ring, 0), nextBatch(ring, 4096), nextBatch(ring, 5000)]).toEqual([4096, 904, 0]);
    const long = new Ring<string>(8192);
    for (let index = 0; index < 5000; index++) put(long, 'x'.repeat(64));
    expect(nextBatch(long, 0)).toBe(Math.floor((256 * 1024) / 80));
  });

  it('leaves a seed and a reset by themselves', () => {
    const ring = new Ring<string>(8);
    put(ring, 'before');
    ring.publish('seeder', 0, 0, seedOf(32));
    ring.records.write(ring.claim(), { ...FIELDS, kind: COMMAND.reset });
    ring.publish('resetter', 0, 0, null);
    put(ring, 'behind');
    expect([0, 1, 2, 3].map((from) => nextBatch(ring, from))).toEqual([1, 1, 1, 1]);
  });
});
