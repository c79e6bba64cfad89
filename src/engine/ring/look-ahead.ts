/** Before a stretch of the ring is applied, what it will need of memory is fetched, for all its orders at once. */
import { AHEAD_MAX } from '../book/ids-ahead.ts';
import type { OrderTable } from '../book/order-table.ts';
import { hasOrderId } from '../record.ts';
import type { Ring } from './ring.ts';

/** From the `from`th oldest on, up to `end`. */
export function lookAhead(ring: Ring<unknown>, orders: OrderTable, from: number, end: number): void {
  orders.expectNothing();
  for (let index = from; index < Math.min(from + AHEAD_MAX, end); index++) {
    const slot = ring.at(index);
    const records = ring.recordsOf(slot);
    const offset = ring.offsetOf(slot);
    if (hasOrderId(records.kind(offset))) orders.expect(records, offset);
  }
  orders.fetchExpected();
}
