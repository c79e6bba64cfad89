/**
 * Everything a log rebuilds: the books of a shard, the index of resting orders, the answers given. `apply` is the one
 * way to change it, live and in a replay, and is deterministic: the same commands at the same positions give the same
 * books, the same fills and the same match ids. `clock` only measures and decides nothing.
 */
import { strict as assert } from 'node:assert';
import type { EngineEvent } from '../../protocol/events.ts';
import type { NewOrder, Side } from '../../protocol/orders.ts';
import type { BookView } from '../../protocol/replies.ts';
import { OrderBook } from '../book/order-book.ts';
import type { RestingOrder } from '../book/price-level.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Accepted, Cancel, Cancelled, Command, CommandOutcome, LogPosition, Refused, Seed } from '../commands.ts';
import { checkSeed } from './check-seed.ts';
import { matchedEvent, orderCancelledEvent, orderPlacedEvent } from './describe-events.ts';
import { type Fill, matchOrder, refusalOf } from './match-order.ts';
import { type FirstAnswer, SeenOrders, sameContent } from './seen-orders.ts';

export class ShardState {
  readonly shardId: string;
  /** Orders accepted as new and fills, since the last reset. */
  readonly tally = { orders: 0, matches: 0 };
  readonly #clock: Clock;
  readonly #books = new Map<string, OrderBook>();
  readonly #resting = new Map<string, RestingOrder>();
  readonly #seen = new SeenOrders();

  constructor(shardId: string, symbols: Iterable<string>, clock: Clock = systemClock) {
    this.shardId = shardId;
    this.#clock = clock;
    this.addSymbols(symbols);
  }

  get symbols(): string[] {
    return [...this.#books.keys()];
  }

  addSymbols(symbols: Iterable<string>): void {
    for (const symbol of symbols) {
      if (!this.#books.has(symbol)) this.#books.set(symbol, new OrderBook(symbol));
    }
  }

  apply(command: Command, at: LogPosition): CommandOutcome {
    switch (command.kind) {
      case 'place':
        return this.#place(command.order, at);
      case 'cancel':
        return this.#cancel(command, at);
      case 'seed':
        return this.#seed(command, at);
      case 'reset':
        return this.#reset();
    }
  }

  view(symbol: string, levels: number, sequence: number): BookView {
    const book = this.#bookOf(symbol);
    return { symbol, shardId: this.shardId, sequence, bids: book.bids.view(levels), asks: book.asks.view(levels) };
  }

  /** Resting orders and price levels of one side, over all symbols. */
  sideTotals(side: Side): { orders: number; levels: number } {
    const totals = { orders: 0, levels: 0 };
    for (const book of this.#books.values()) {
      totals.orders += book.own(side).orders;
      totals.levels += book.own(side).levelCount;
    }
    return totals;
  }

  #place(order: NewOrder, at: LogPosition): Accepted | Refused {
    const first = this.#firstAnswer(order.orderId);
    if (first !== undefined) return repeatOf(first, order);
    const book = this.#bookOf(order.symbol);
    const startNs = this.#clock.monotonicNs();
    const refusal = refusalOf(book, order);
    this.#seen.remember({ order, timestampMs: at.timeMs, refusal });
    if (refusal !== null) return refused(order.orderId, refusal);

    const events: EngineEvent[] = [orderPlacedEvent(order, at)];
    let fills = 0;
    const remaining = matchOrder(book, order, (fill: Fill) => {
      const matchId = `${this.shardId}-${at.sequence}-${fills++}`;
      events.push(matchedEvent(matchId, order, fill, at));
      if (fill.maker.remaining === 0) this.#resting.delete(fill.maker.order.orderId);
    });
    const matchedNs = this.#clock.monotonicNs();
    const rests = remaining > 0 && order.type === 'LIMIT' && order.timeInForce === 'GTC';
    if (rests) this.#rest(order, remaining, at);
    else if (remaining > 0) events.push(orderCancelledEvent(order, remaining, at));
    this.tally.orders++;
    this.tally.matches += fills;
    const insertionNs = rests ? this.#clock.monotonicNs() - matchedNs : null;
    const matchingNs = matchedNs - startNs;
    return { kind: 'accepted', timestampMs: at.timeMs, repeated: false, events, fills, matchingNs, insertionNs };
  }

  #cancel({ orderId, symbol }: Cancel, at: LogPosition): Cancelled | Refused {
    const resting = this.#resting.get(orderId);
    if (resting === undefined || (symbol !== null && resting.order.symbol !== symbol)) {
      return { kind: 'refused', httpStatus: 404, orderId, reason: `Order is not resting: ${orderId}` };
    }
    const quantity = resting.remaining;
    this.#bookOf(resting.order.symbol).own(resting.order.side).remove(resting);
    this.#resting.delete(orderId);
    const events = [orderCancelledEvent(resting.order, quantity, at)];
    return { kind: 'cancelled', orderId, quantity, timestampMs: at.timeMs, events };
  }

  #seed({ orders }: Seed, at: LogPosition): CommandOutcome {
    const check = checkSeed(
      orders,
      (orderId) => this.#firstAnswer(orderId)?.order,
      (symbol) => this.#bookOf(symbol),
    );
    if (check.refusal !== null) return check.refusal;
    for (const order of check.fresh) {
      this.#seen.remember({ order, timestampMs: at.timeMs, refusal: null });
      this.#rest(order, order.quantity, at);
    }
    return { kind: 'seeded', count: orders.length };
  }

  #reset(): CommandOutcome {
    for (const symbol of this.symbols) this.#books.set(symbol, new OrderBook(symbol));
    this.#resting.clear();
    this.#seen.clear();
    this.tally.orders = 0;
    this.tally.matches = 0;
    return { kind: 'reset' };
  }

  #rest(order: NewOrder, remaining: number, at: LogPosition): void {
    const resting = { order, remaining, timestampMs: at.timeMs, older: null, newer: null };
    this.#bookOf(order.symbol).own(order.side).add(resting);
    this.#resting.set(order.orderId, resting);
  }

  /** An id that still rests is never reusable, however long ago it came. */
  #firstAnswer(orderId: string): FirstAnswer | undefined {
    const seen = this.#seen.find(orderId);
    if (seen !== undefined) return seen;
    const resting = this.#resting.get(orderId);
    return resting && { order: resting.order, timestampMs: resting.timestampMs, refusal: null };
  }

  #bookOf(symbol: string): OrderBook {
    const book = this.#books.get(symbol);
    assert(book !== undefined, `no book of ${symbol}: commands are validated before they are logged`);
    return book;
  }
}

function repeatOf(first: FirstAnswer, order: NewOrder): Accepted | Refused {
  if (!sameContent(first.order, order)) {
    const reason = `Order id already used with other content: ${order.orderId}`;
    return { kind: 'refused', httpStatus: 409, orderId: order.orderId, reason };
  }
  if (first.refusal !== null) return refused(order.orderId, first.refusal);
  const nothing = { repeated: true, events: [], fills: 0, matchingNs: 0, insertionNs: null };
  return { kind: 'accepted', timestampMs: first.timestampMs, ...nothing };
}

function refused(orderId: string, reason: string): Refused {
  return { kind: 'refused', httpStatus: 400, orderId, reason };
}
