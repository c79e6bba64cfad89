import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AHEAD_MAX } from '../../../src/engine/book/ids-ahead.ts';
import { digestText } from '../../../src/engine/wal/replay.ts';
import { buy, type Command, place, recordOf, Shard, sell } from '../orders.ts';

const id = fc.oneof(fc.integer({ min: 0, max: 9 }).map(String), fc.constantFrom('x'.repeat(40), 'y'.repeat(64)));
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(fc.constantFrom(buy, sell), id, fc.integer({ min: 98, max: 102 })).map(([order, orderId, price]) => {
    return place(order(orderId, price, 5));
  }),
  id.map((orderId): Command => ({ kind: 'cancel', orderId, symbol: null })),
  id.map((orderId): Command => ({ kind: 'amend', orderId, symbol: null, quantity: 3 })),
  fc.constant<Command>({ kind: 'reset' }),
);

it('what is expected makes no difference, whether it comes or not', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 3 * AHEAD_MAX }), fc.infiniteStream(fc.nat(9)), (commands, whims) => {
      const [plain, hinted] = [new Shard(), new Shard()];
      const records = commands.map((one) => recordOf(one));
      const at = (sequence: number) => ({ sequence, timeMs: 1 });
      for (const [index, record] of records.entries()) {
        plain.state.apply(record, 0, at(index + 1));
        const whim = whims.next().value ?? 0;
        if (whim < 3) {
          hinted.state.orders.expectNothing();
          // Right, or off by one, or far too many.
          const from = index + (whim === 1 ? 1 : 0);
          const expected = records.slice(from, from + (whim === 2 ? 2 * AHEAD_MAX : 5));
          for (const next of expected) hinted.state.orders.expect(next, 0);
          hinted.state.orders.fetchExpected();
        }
        hinted.state.apply(record, 0, at(index + 1));
      }
      expect(digestText(hinted.state.digest)).toBe(digestText(plain.state.digest));
      expect(hinted.book()).toEqual(plain.book());
    }),
    { numRuns: 1_000 },
  );
});
