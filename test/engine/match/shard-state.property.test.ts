import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NewOrder } from '../../../src/protocol/orders.ts';
import { fillsOf, Shard, SYMBOL } from '../orders.ts';
import { NaiveBook } from './naive-book.ts';

const kind = fc.constantFrom(
  ...(['GTC', 'GTC', 'GTC', 'IOC', 'FOK'] as const).map((timeInForce) => ({
    type: 'LIMIT' as const,
    timeInForce,
    postOnly: false,
  })),
  { type: 'LIMIT' as const, timeInForce: 'GTC' as const, postOnly: true },
  { type: 'MARKET' as const, timeInForce: 'GTC' as const, postOnly: false },
);
const order = fc.record({
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  kind,
  price: fc.integer({ min: 95, max: 105 }),
  quantity: fc.integer({ min: 1, max: 20 }),
});
const command = fc.oneof(
  { weight: 5, arbitrary: order },
  { weight: 1, arbitrary: fc.record({ cancel: fc.nat({ max: 60 }) }) },
);

it('trades like a naive book, whatever comes, and loses no quantity', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const shard = new Shard();
      const naive = new NaiveBook();
      let balance = 0;
      for (const [index, entry] of commands.entries()) {
        if ('cancel' in entry) {
          const orderId = `o${entry.cancel}`;
          const outcome = shard.apply({ kind: 'cancel', orderId, symbol: null });
          const quantity = outcome.kind === 'cancelled' ? outcome.quantity : null;
          expect(quantity).toBe(naive.cancel(orderId));
          balance -= quantity ?? 0;
        } else {
          const priceCents = entry.kind.type === 'MARKET' ? 0 : entry.price;
          const { side, quantity } = entry;
          const placed: NewOrder = { orderId: `o${index}`, symbol: SYMBOL, side, ...entry.kind, priceCents, quantity };
          const [outcome] = shard.place(placed);
          expect(outcome?.kind === 'refused' ? null : fillsOf(outcome)).toEqual(naive.place(placed));
          if (outcome?.kind === 'accepted') balance += quantity - dispersed(outcome.events);
        }
        const book = shard.book();
        expect(book).toEqual(naive.text());
        const [bid, ask] = [book.bids[0], book.asks[0]].map((level) => Number.parseInt(level ?? '', 10));
        expect((bid ?? Number.NaN) >= (ask ?? Number.NaN)).toBe(false);
        expect(naive.open.reduce((sum, { remaining }) => sum + remaining, 0)).toBe(balance);
      }
    }),
    { numRuns: 1500 },
  );
});

/** What left the book or never entered it: a fill counts for both sides, a cancelled remainder once. */
function dispersed(events: readonly object[]): number {
  return events.reduce((sum, event) => {
    if ('executionQuantity' in event) return sum + 2 * Number(event.executionQuantity);
    return 'cancelledQuantity' in event ? sum + Number(event.cancelledQuantity) : sum;
  }, 0);
}
