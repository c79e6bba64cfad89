/**
 * A new order: known already? may it begin at all (FOK, post-only)? match, then rest or be cancelled. Refusals that
 * depend on the book are remembered with the order, so that it is answered the same when it comes again.
 */
import { strict as assert } from 'node:assert';
import { ORDER, ORDER_WORDS, STATE } from '../book/book-storage.ts';
import type { OrderBook } from '../book/order-book.ts';
import { FLAG, type RecordBuffer } from '../record.ts';
import { EFFECT, REASON } from './effects.ts';
import type { Shard } from './shard.ts';

/** Beyond every price: the limit of a MARKET order. */
const PRICE_MAX = 0x7fff_ffff;
/** What of an order's flags came with it. */
export const ORDER_FLAGS = FLAG.sell | FLAG.market | FLAG.immediateOrCancel | FLAG.fillOrKill | FLAG.postOnly;
const RESTS_NOT = FLAG.market | FLAG.immediateOrCancel | FLAG.fillOrKill;

/** Where and when a record is applied. */
export interface Occasion {
  /** The shard's own number of the symbol. */
  symbol: number;
  timeMs: number;
}

/** Adds a row for the order of the record, and returns it. */
export function placeOrder(shard: Shard, records: RecordBuffer, offset: number, occasion: Occasion): number {
  const { orders, effects, accounts, clock, matcher } = shard;
  const known = orders.find(records, offset);
  if (known !== 0) return repeatOrder(shard, known, { records, offset, symbol: occasion.symbol }, occasion.timeMs);
  const account = records.accountLength(offset) === 0 ? 0 : accounts.numberOf(records.account(offset));
  const row = effects.addRow(EFFECT.accepted, occasion.timeMs);
  const flags = records.flags(offset);
  const price = records.priceCents(offset);
  const quantity = records.quantity(offset);
  effects.priceCents[row] = price;
  effects.quantity[row] = quantity;
  if (account < 0) {
    effects.kind[row] = EFFECT.refused;
    effects.reason[row] = REASON.accountsFull;
    return row;
  }
  const startNs = clock.monotonicNs();
  const slot = addOrder(shard, records, offset, occasion);
  const { words } = shard.storage.orders;
  const base = slot * ORDER_WORDS;
  words[base + ORDER.account] = account;
  effects.order[row] = slot;
  const book = shard.books[occasion.symbol];
  assert(book !== undefined, 'symbols are checked before records are logged');
  if ((flags & (FLAG.fillOrKill | FLAG.postOnly)) !== 0 && isRefused(shard, book, slot, row)) return row;

  const left = matcher.match(book.opposite(flags), limitOf(flags, price), quantity, account);
  const matchedNs = clock.monotonicNs();
  effects.matchingNs[row] = matchedNs - startNs;
  effects.filled[row] = quantity - left;
  words[base + ORDER.filled] = quantity - left;
  if (settle(shard, book, slot, price)) effects.insertionNs[row] = clock.monotonicNs() - matchedNs;
  else effects.cancelled[row] = left;
  return row;
}

/** An order that is known from now on, with nothing filled, and rests nowhere yet. */
export function addOrder(shard: Shard, records: RecordBuffer, offset: number, { symbol, timeMs }: Occasion): number {
  const { orders, storage } = shard;
  const slot = orders.add(records.flags(offset));
  const { words } = storage.orders;
  const base = slot * ORDER_WORDS;
  const quantity = records.quantity(offset);
  words[base + ORDER.level] = 0;
  words[base + ORDER.quantity] = quantity;
  words[base + ORDER.filled] = 0;
  words[base + ORDER.firstPrice] = records.priceCents(offset);
  words[base + ORDER.firstQuantity] = quantity;
  words[base + ORDER.account] = 0;
  orders.setTimeAndSymbol(slot, timeMs, symbol);
  return slot;
}

/** After a match: what is left rests at its price, or not at all. True: it rests. */
export function settle(shard: Shard, book: OrderBook, slot: number, price: number): boolean {
  const { orders, storage, matcher } = shard;
  const { words } = storage.orders;
  const base = slot * ORDER_WORDS;
  const flags = orders.flags(slot);
  const left = (words[base + ORDER.quantity] ?? 0) - (words[base + ORDER.filled] ?? 0);
  if (left > 0 && (flags & RESTS_NOT) === 0 && !matcher.metOwn) {
    book.own(flags).add(slot, price);
    return true;
  }
  words[base + ORDER.level] = price;
  orders.finish(slot, left === 0 ? STATE.filled : STATE.cancelled);
  return false;
}

export function limitOf(flags: number, price: number): number {
  if ((flags & FLAG.market) === 0) return price;
  return (flags & FLAG.sell) === 0 ? PRICE_MAX : 0;
}

/** Does the book, as it is, forbid the order to begin? Then it is finished at once, and the row says why. */
function isRefused(shard: Shard, book: OrderBook, slot: number, row: number): boolean {
  const { orders, effects, storage, matcher } = shard;
  const flags = orders.flags(slot);
  const base = slot * ORDER_WORDS;
  const { words } = storage.orders;
  const limit = limitOf(flags, words[base + ORDER.firstPrice] ?? 0);
  const quantity = words[base + ORDER.quantity] ?? 0;
  const opposite = book.opposite(flags);
  let reason: number = REASON.none;
  let detail = 0;
  if ((flags & FLAG.fillOrKill) !== 0) {
    detail = matcher.fillable(opposite, limit, quantity, words[base + ORDER.account] ?? 0);
    if (detail < quantity) reason = REASON.fillOrKill;
  } else if (matcher.fillable(opposite, limit, 1, 0) > 0) {
    detail = opposite.bestPrice;
    reason = REASON.postOnly;
  }
  if (reason === REASON.none) return false;
  words[base + ORDER.level] = reason;
  words[base + ORDER.filled] = detail;
  orders.finish(slot, STATE.refused);
  effects.kind[row] = EFFECT.refused;
  effects.reason[row] = reason;
  effects.detail[row] = detail;
  return true;
}

interface Repetition {
  records: RecordBuffer;
  offset: number;
  symbol: number;
}

/** The same order again is answered like the first time; another one under its id is refused. */
function repeatOrder(shard: Shard, slot: number, again: Repetition, timeMs: number): number {
  const { orders, effects } = shard;
  const row = effects.addRow(EFFECT.repeated, timeMs);
  effects.order[row] = slot;
  effects.priceCents[row] = orders.word(slot, ORDER.firstPrice);
  effects.quantity[row] = orders.word(slot, ORDER.firstQuantity);
  if (!isSameOrder(shard, slot, again)) {
    effects.kind[row] = EFFECT.refused;
    effects.reason[row] = REASON.idInUse;
    return row;
  }
  effects.timestampMs[row] = orders.timeMs(slot);
  if ((orders.flags(slot) & STATE.mask) === STATE.refused) {
    effects.kind[row] = EFFECT.refused;
    effects.reason[row] = orders.word(slot, ORDER.level);
    effects.detail[row] = orders.word(slot, ORDER.filled);
  }
  return row;
}

/** Everything but the client's timestamp. */
export function isSameOrder(shard: Shard, slot: number, { records, offset, symbol }: Repetition): boolean {
  const { orders, accounts } = shard;
  return (
    orders.symbol(slot) === symbol &&
    (orders.flags(slot) & ORDER_FLAGS) === records.flags(offset) &&
    orders.word(slot, ORDER.firstPrice) === records.priceCents(offset) &&
    orders.word(slot, ORDER.firstQuantity) === records.quantity(offset) &&
    accounts.nameOf(orders.word(slot, ORDER.account)) === records.account(offset)
  );
}
