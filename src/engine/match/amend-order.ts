/**
 * An amend gives a resting order a new total, what is filled included, and/or a new price. Less of it at the same price
 * keeps its place in time; anything else loses it, and at a new price it may trade like an order that comes in.
 */
import { strict as assert } from 'node:assert';
import { LEVEL, LEVEL_WORDS, ORDER, ORDER_WORDS } from '../book/book-storage.ts';
import { FLAG } from '../record.ts';
import { EFFECT, REASON } from './effects.ts';
import { settle } from './place-order.ts';
import type { Shard } from './shard.ts';

/** 0: stays as it is. */
export interface Change {
  priceCents: number;
  quantity: number;
}

/** Adds a row for the order in `slot`, which rests, and returns it. */
export function amendOrder(shard: Shard, slot: number, change: Change, timeMs: number): number {
  const { orders, effects, storage, matcher, clock } = shard;
  const { words } = storage.orders;
  const base = slot * ORDER_WORDS;
  const level = words[base + ORDER.level] ?? 0;
  const oldPrice = storage.levels.words[level * LEVEL_WORDS + LEVEL.price] ?? 0;
  const oldQuantity = words[base + ORDER.quantity] ?? 0;
  const filled = words[base + ORDER.filled] ?? 0;
  const price = change.priceCents === 0 ? oldPrice : change.priceCents;
  const quantity = change.quantity === 0 ? oldQuantity : change.quantity;
  const row = effects.addRow(EFFECT.amended, timeMs);
  effects.order[row] = slot;
  effects.priceCents[row] = price;
  effects.quantity[row] = quantity;
  effects.filled[row] = filled;
  const flags = orders.flags(slot);
  const book = shard.books[orders.symbol(slot)];
  assert(book !== undefined);
  const opposite = book.opposite(flags);
  const account = words[base + ORDER.account] ?? 0;
  if (quantity <= filled) return refuse(shard, row, REASON.belowFilled, 0);
  if ((flags & FLAG.postOnly) !== 0 && matcher.fillable(opposite, price, 1, 0) > 0) {
    return refuse(shard, row, REASON.postOnly, opposite.bestPrice);
  }
  if (price === oldPrice && quantity <= oldQuantity) {
    words[base + ORDER.quantity] = quantity;
    book.own(flags).reduce(slot, oldQuantity - quantity);
    return row;
  }
  const startNs = clock.monotonicNs();
  book.own(flags).remove(slot, oldQuantity - filled);
  words[base + ORDER.quantity] = quantity;
  const left = matcher.match(opposite, price, quantity - filled, account);
  effects.matchingNs[row] = clock.monotonicNs() - startNs;
  effects.filled[row] = quantity - left;
  words[base + ORDER.filled] = quantity - left;
  if (!settle(shard, book, slot, price)) effects.cancelled[row] = left;
  return row;
}

function refuse({ effects }: Shard, row: number, reason: number, detail: number): number {
  effects.kind[row] = EFFECT.refused;
  effects.reason[row] = reason;
  effects.detail[row] = detail;
  return row;
}
