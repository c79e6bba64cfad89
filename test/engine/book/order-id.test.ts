import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderId } from '../../../src/engine/book/order-id.ts';
import { COMMAND, RecordBuffer } from '../../../src/engine/record.ts';
import { Shard, sell } from '../orders.ts';

const records = RecordBuffer.ofSize(256);
const packed = new OrderId(0);

function hashOf(id: string): number {
  records.write(0, { kind: COMMAND.place, flags: 0, symbol: 0, priceCents: 1, quantity: 1 }, id);
  packed.read(records, 0);
  return packed.hash;
}

/** Two ids of this form with the same hash: among 200,000 of them a few are expected. */
function twins(form: (index: number) => string): [string, string] {
  const seen = new Map<number, string>();
  for (let index = 0; index < 1_000_000; index++) {
    const id = form(index);
    const twin = seen.get(hashOf(id));
    if (twin !== undefined) return [twin, id];
    seen.set(packed.hash, id);
  }
  throw new Error('no twins');
}

/** Hexadecimal digits that differ in all places from one index to the next. */
function digits(index: number, length: number): string {
  return createHash('sha256').update(String(index)).digest('hex').slice(0, length);
}

describe('an order id', () => {
  it('comes back as it was given, whatever its form', () => {
    const shard = new Shard();
    const id = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/),
      fc.uuid(),
      fc.uuid().map((uuid) => uuid.toUpperCase()),
      fc.uuid().map((uuid) => uuid.replace('-', '0')),
      fc.uuid().map((uuid) => `${uuid.slice(0, 35)}g`),
      fc.integer({ min: 1, max: 64 }).map((length) => 'a'.repeat(length)),
    );
    fc.assert(
      fc.property(id, (orderId) => {
        shard.place(sell(orderId, 100, 1));
        expect(shard.order(orderId)?.orderId).toBe(orderId);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, (index: number) => string]>([
    ['a short one', (index) => digits(index, 12)],
    ['a UUID', (index) => `${digits(index, 8)}-0000-4000-8000-${digits(index, 12)}`],
    ['36 characters', (index) => digits(index, 36)],
    ['64 characters', (index) => digits(index, 64)],
  ])('is another one in spite of the same hash: %s', (_, form) => {
    const [first, second] = twins(form);
    const shard = new Shard({ hashSeed: 0 });
    shard.place(sell(first, 100, 1));
    expect(shard.order(second)).toBeNull();
    shard.place(sell(second, 200, 2));
    expect([shard.order(first)?.price, shard.order(second)?.price]).toEqual([100, 200]);
    expect(shard.apply({ kind: 'cancel', orderId: second, symbol: null })).toMatchObject({ quantity: 2 });
    expect(shard.order(first)).toMatchObject({ status: 'NEW', remainingQuantity: 1 });
  });

  it('is not the number that it spells', () => {
    const shard = new Shard();
    const uuid = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
    const outcomes = shard.place(sell(uuid, 100, 1), sell(uuid.toUpperCase(), 100, 1), sell(uuid.slice(0, 35), 100, 1));
    expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ kind: 'accepted', repeated: false })));
  });
});
