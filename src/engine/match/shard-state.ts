/**
 * Everything a log rebuilds: the books of a shard, the orders known, the accounts. `apply` is the one way to change it,
 * live and in a replay, and is deterministic: the same records at the same positions give the same books, fills and
 * match ids. What a record did is one row of `effects`; nothing else is allocated for it.
 */
import { strict as assert } from 'node:assert';
import type { Side } from '../../protocol/orders.ts';
import type { BookView, OrderView } from '../../protocol/replies.ts';
import type { BookSide } from '../book/book-side.ts';
import { BookStorage, ORDER, ORDER_WORDS, STATE } from '../book/book-storage.ts';
import { OrderBook } from '../book/order-book.ts';
import { OrderTable, type OrderTableOptions } from '../book/order-table.ts';
import { COMMAND, FLAG, type RecordBuffer } from '../record.ts';
import { Accounts } from './accounts.ts';
import { amendOrder } from './amend-order.ts';
import { foldRow } from './digest.ts';
import { EFFECT, Effects, REASON } from './effects.ts';
import { Matcher } from './match-order.ts';
import { placeOrder } from './place-order.ts';
import { seedOrders } from './seed-orders.ts';
import type { LogPosition, Shard } from './shard.ts';
import { noStageClock, type StageClock } from './stage-clock.ts';
import { bookView, orderView } from './views.ts';

export class ShardState implements Shard {
  readonly shardId: string;
  readonly symbols: readonly string[];
  /** Rows are added by `apply`; who reads them clears them. */
  readonly effects = new Effects();
  readonly storage = new BookStorage();
  readonly orders: OrderTable;
  readonly accounts = new Accounts();
  readonly matcher: Matcher;
  readonly books: readonly OrderBook[];
  readonly clock: StageClock;
  /** Orders accepted as new, and fills, since the last reset. */
  readonly tally = { orders: 0, matches: 0 };
  /** Of all that was ever done: see `digest.ts`. */
  readonly digest = new Uint32Array(2);
  /** Used again for each command. */
  readonly #occasion = { symbol: 0, timeMs: 0 };
  readonly #change = { priceCents: 0, quantity: 0 };
  /** From the symbols of the records to the own ones. */
  #ownSymbol: Int32Array;

  constructor(
    shardId: string,
    symbols: readonly string[],
    clock: StageClock = noStageClock,
    options: OrderTableOptions = {},
  ) {
    this.shardId = shardId;
    this.symbols = symbols;
    this.clock = clock;
    this.orders = new OrderTable(this.storage, options);
    this.matcher = new Matcher(this.storage, this.orders, this.effects);
    this.books = symbols.map(() => new OrderBook(this.storage));
    this.#ownSymbol = Int32Array.from(symbols.keys());
  }

  /** The list that the symbols of records mean from now on: that of the segment they stand in. All are the shard's. */
  readSymbols(symbols: readonly string[]): void {
    this.#ownSymbol = Int32Array.from(symbols, (symbol) => this.symbols.indexOf(symbol));
    assert(!this.#ownSymbol.includes(-1), 'symbols are checked before their records are applied');
  }

  /** Adds one row to the effects. */
  apply(records: RecordBuffer, offset: number, at: LogPosition): void {
    this.orders.forgetSome();
    const row = this.#dispatch(records, offset, at.timeMs);
    this.tally.matches += this.effects.fillCount - this.effects.fillsBegin(row);
    if (this.effects.kind[row] === EFFECT.accepted) this.tally.orders++;
    foldRow(this.digest, this.effects, row, this.storage);
  }

  view(symbol: number, levels: number, sequence: number): BookView {
    const { shardId, symbols } = this;
    return bookView(this, symbol, { symbol: symbols[symbol] ?? '', shardId, sequence, levels });
  }

  /** The order that the record asks for; `null`: it is not known, or not of the symbol that was given. */
  orderView(records: RecordBuffer, offset: number): OrderView | null {
    const slot = this.orders.find(records, offset);
    if (slot === 0 || !this.#isOfSymbol(slot, records, offset)) return null;
    return orderView(this, slot, { shardId: this.shardId, symbols: this.symbols });
  }

  /** Resting orders and price levels of one side, over all symbols. */
  sideTotals(side: Side): { orders: number; levels: number } {
    const totals = { orders: 0, levels: 0 };
    for (const { bids, asks } of this.books) {
      const { orders, levels } = side === 'BUY' ? bids : asks;
      totals.orders += orders;
      totals.levels += levels;
    }
    return totals;
  }

  #dispatch(records: RecordBuffer, offset: number, timeMs: number): number {
    switch (records.kind(offset)) {
      case COMMAND.place:
        this.#occasion.symbol = this.#symbolOf(records, offset);
        this.#occasion.timeMs = timeMs;
        return placeOrder(this, records, offset, this.#occasion);
      case COMMAND.cancel:
        return this.#cancel(records, offset, timeMs);
      case COMMAND.amend:
        return this.#amend(records, offset, timeMs);
      case COMMAND.seed:
        return seedOrders(this, records, offset, { ownSymbol: this.#ownSymbol, timeMs });
      case COMMAND.reset:
        return this.#reset(timeMs);
      default:
        throw new Error(`no command of kind ${records.kind(offset)}: records are checked before they are logged`);
    }
  }

  #cancel(records: RecordBuffer, offset: number, timeMs: number): number {
    const { effects, orders, storage } = this;
    const slot = this.#findResting(records, offset);
    if (slot === 0) return this.#notResting(timeMs);
    const row = effects.addRow(EFFECT.cancelled, timeMs);
    const quantity = orders.word(slot, ORDER.quantity);
    const filled = orders.word(slot, ORDER.filled);
    const remaining = quantity - filled;
    effects.order[row] = slot;
    effects.quantity[row] = quantity;
    effects.filled[row] = filled;
    effects.cancelled[row] = remaining;
    this.#sideOf(slot).remove(slot, remaining);
    effects.priceCents[row] = storage.orders.words[slot * ORDER_WORDS + ORDER.level] ?? 0;
    orders.finish(slot, STATE.cancelled);
    return row;
  }

  #amend(records: RecordBuffer, offset: number, timeMs: number): number {
    const slot = this.#findResting(records, offset);
    if (slot === 0) return this.#notResting(timeMs);
    this.#change.priceCents = records.priceCents(offset);
    this.#change.quantity = records.quantity(offset);
    return amendOrder(this, slot, this.#change, timeMs);
  }

  #reset(timeMs: number): number {
    for (const book of this.books) book.clear();
    this.storage.clear();
    this.orders.clear();
    this.accounts.clear();
    this.tally.orders = 0;
    this.tally.matches = 0;
    return this.effects.addRow(EFFECT.reset, timeMs);
  }

  #notResting(timeMs: number): number {
    const row = this.effects.addRow(EFFECT.refused, timeMs);
    this.effects.reason[row] = REASON.notResting;
    return row;
  }

  #findResting(records: RecordBuffer, offset: number): number {
    const slot = this.orders.find(records, offset);
    if (slot === 0 || (this.orders.flags(slot) & STATE.mask) !== STATE.open) return 0;
    return this.#isOfSymbol(slot, records, offset) ? slot : 0;
  }

  #isOfSymbol(slot: number, records: RecordBuffer, offset: number): boolean {
    if ((records.flags(offset) & FLAG.symbolGiven) === 0) return true;
    return this.orders.symbol(slot) === this.#symbolOf(records, offset);
  }

  #symbolOf(records: RecordBuffer, offset: number): number {
    return this.#ownSymbol[records.symbol(offset)] ?? 0;
  }

  #sideOf(slot: number): BookSide {
    const book = this.books[this.orders.symbol(slot)];
    assert(book !== undefined);
    return book.own(this.orders.flags(slot));
  }
}
