/** The books and orders in the words of the wire. */
import type { BookLevel, BookView, OrderStatus, OrderView } from '../../protocol/replies.ts';
import type { BookSide } from '../book/book-side.ts';
import { LEVEL, LEVEL_WORDS, ORDER, STATE } from '../book/book-storage.ts';
import { FLAG } from '../record.ts';
import type { Shard } from './shard.ts';

export function levelsOf({ storage }: Shard, side: BookSide, count: number): BookLevel[] {
  const { words, doubles } = storage.levels;
  const levels: BookLevel[] = [];
  for (let level = side.best; level !== 0 && levels.length < count; level = side.next(level)) {
    const at = level * LEVEL_WORDS;
    levels.push({
      price: words[at + LEVEL.price] ?? 0,
      quantity: doubles[at >> 1] ?? 0,
      orders: words[at + LEVEL.count] ?? 0,
    });
  }
  return levels;
}

export function bookView(
  shard: Shard,
  symbol: number,
  { levels, ...head }: Pick<BookView, 'symbol' | 'shardId' | 'sequence'> & { levels: number },
): BookView {
  const book = shard.books[symbol];
  if (book === undefined) return { ...head, bids: [], asks: [] };
  return { ...head, bids: levelsOf(shard, book.bids, levels), asks: levelsOf(shard, book.asks, levels) };
}

export function orderView(
  shard: Shard,
  slot: number,
  { shardId, symbols }: { shardId: string; symbols: readonly string[] },
): OrderView {
  const { orders } = shard;
  const flags = orders.flags(slot);
  const status = statusOf(shard, slot);
  const quantity = orders.word(slot, ORDER.quantity);
  const filledQuantity = status === 'REJECTED' ? 0 : orders.word(slot, ORDER.filled);
  const isOpen = (flags & STATE.mask) === STATE.open;
  const timeInForce = (flags & FLAG.immediateOrCancel) !== 0 ? 'IOC' : (flags & FLAG.fillOrKill) !== 0 ? 'FOK' : 'GTC';
  return {
    orderId: orders.orderId(slot),
    symbol: symbols[orders.symbol(slot)] ?? '',
    shardId,
    status,
    side: orders.side(slot),
    type: (flags & FLAG.market) === 0 ? 'LIMIT' : 'MARKET',
    timeInForce,
    postOnly: (flags & FLAG.postOnly) !== 0,
    price: priceOf(shard, slot),
    quantity,
    filledQuantity,
    remainingQuantity: isOpen ? quantity - filledQuantity : 0,
    timestamp: orders.timeMs(slot),
  };
}

function statusOf({ orders }: Shard, slot: number): OrderStatus {
  switch (orders.flags(slot) & STATE.mask) {
    case STATE.filled:
      return 'FILLED';
    case STATE.cancelled:
      return 'CANCELLED';
    case STATE.refused:
      return 'REJECTED';
    default:
      return orders.word(slot, ORDER.filled) === 0 ? 'NEW' : 'PARTIALLY_FILLED';
  }
}

/** The price it has now, or had at last. */
function priceOf({ orders, storage }: Shard, slot: number): number {
  const state = orders.flags(slot) & STATE.mask;
  if (state === STATE.refused) return orders.word(slot, ORDER.firstPrice);
  const level = orders.word(slot, ORDER.level);
  return state === STATE.open ? (storage.levels.words[level * LEVEL_WORDS + LEVEL.price] ?? 0) : level;
}
