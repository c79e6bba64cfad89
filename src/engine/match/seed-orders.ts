/** Resting orders put in without matching, all or none: everything is checked before anything changes. */
import { strict as assert } from 'node:assert';
import { FLAG, type RecordBuffer } from '../record.ts';
import { EFFECT, REASON } from './effects.ts';
import { addOrder, isSameOrder } from './place-order.ts';
import type { Shard } from './shard.ts';

export interface SeedOccasion {
  /** From the symbols of the records to the shard's own. */
  ownSymbol: Int32Array;
  timeMs: number;
}

/** Adds a row for the seed, and returns it. Orders that are there already, the same, are passed over. */
export function seedOrders(shard: Shard, records: RecordBuffer, offset: number, occasion: SeedOccasion): number {
  const { effects, orders, books } = shard;
  const { ownSymbol, timeMs } = occasion;
  const row = effects.addRow(EFFECT.seeded, timeMs);
  const count = records.priceCents(offset);
  effects.quantity[row] = count;
  if (!isSound(shard, row, { records, offset, ownSymbol })) return row;
  let at = records.seedOrders(offset);
  for (let index = 0; index < count; index++, at += records.size(at)) {
    if (orders.find(records, at) !== 0) continue;
    const symbol = ownSymbol[records.symbol(at)] ?? 0;
    const slot = addOrder(shard, records, at, { symbol, timeMs });
    books[symbol]?.own(records.flags(at)).add(slot, records.priceCents(at));
  }
  return row;
}

interface SeedRecord {
  records: RecordBuffer;
  offset: number;
  ownSymbol: Int32Array;
}

/** An id with other content, or a book that would cross, refuses the whole seed; the row says why. */
function isSound(shard: Shard, row: number, { records, offset, ownSymbol }: SeedRecord): boolean {
  const { effects, orders } = shard;
  const fresh = new Map<string, number>();
  const best = new Map<number, { bid: number; ask: number }>();
  let at = records.seedOrders(offset);
  for (let index = 0; index < records.priceCents(offset); index++, at += records.size(at)) {
    const symbol = ownSymbol[records.symbol(at)] ?? 0;
    const known = orders.find(records, at);
    const orderId = records.orderId(at);
    const first = fresh.get(orderId);
    const isSame =
      known !== 0
        ? isSameOrder(shard, known, { records, offset: at, symbol })
        : first === undefined || records.equals(first, at);
    if (!isSame) {
      effects.kind[row] = EFFECT.refused;
      effects.reason[row] = REASON.idInUse;
      effects.detail[row] = index;
      return false;
    }
    if (known !== 0) continue;
    fresh.set(orderId, at);
    const sides = best.get(symbol) ?? bestOf(shard, symbol);
    const price = records.priceCents(at);
    if ((records.flags(at) & FLAG.sell) === 0) sides.bid = Math.max(sides.bid, price);
    else sides.ask = Math.min(sides.ask, price);
    best.set(symbol, sides);
  }
  for (const [symbol, { bid, ask }] of best) {
    if (bid < ask) continue;
    effects.kind[row] = EFFECT.refused;
    effects.reason[row] = REASON.seedCrosses;
    effects.detail[row] = symbol;
    effects.priceCents[row] = bid;
    effects.quantity[row] = ask;
    return false;
  }
  return true;
}

function bestOf({ books }: Shard, symbol: number): { bid: number; ask: number } {
  const book = books[symbol];
  assert(book !== undefined, 'symbols are checked before records are logged');
  return { bid: book.bids.bestPrice, ask: book.asks.bestPrice };
}
