/** A shard that is slow and plainly right: one array of orders, filtered and sorted anew for each command. */
import type { EngineEvent } from '../../../src/protocol/events.ts';
import type { NewOrder } from '../../../src/protocol/orders.ts';
import type { OrderView } from '../../../src/protocol/replies.ts';
import type { Command, Outcome, TestOrder } from '../orders.ts';

interface Known {
  first: TestOrder;
  priceCents: number;
  quantity: number;
  filled: number;
  state: 'open' | 'FILLED' | 'CANCELLED' | 'REJECTED';
  reason: string;
  timestampMs: number;
  arrival: number;
}

const FORGOTTEN_AT_ONCE = 4;

export class NaiveShard {
  readonly tally = { orders: 0, matches: 0 };
  readonly #window: number;
  #known: Known[] = [];
  #finished: Known[] = [];
  #arrivals = 0;
  #sequence = 0;

  constructor(window: number) {
    this.#window = window;
  }

  apply(command: Command): Outcome {
    this.#sequence++;
    const excess = Math.min(FORGOTTEN_AT_ONCE, Math.max(0, this.#finished.length - this.#window));
    const forgotten = this.#finished.splice(0, excess);
    this.#known = this.#known.filter((one) => !forgotten.includes(one));
    switch (command.kind) {
      case 'place':
        return this.#place(command.order);
      case 'cancel':
        return this.#cancel(command.orderId, command.symbol);
      case 'amend':
        return this.#amend(command);
      case 'seed':
        return this.#seed(command.orders);
      case 'reset':
        this.#known = [];
        this.#finished = [];
        this.tally.orders = 0;
        this.tally.matches = 0;
        return { kind: 'reset' };
    }
  }

  order(orderId: string): OrderView | null {
    const one = this.#find(orderId);
    if (one === undefined) return null;
    const { first, priceCents, quantity, filled, state, timestampMs } = one;
    const { symbol, side, type, timeInForce, postOnly } = first;
    const open = filled === 0 ? 'NEW' : 'PARTIALLY_FILLED';
    return {
      ...{ orderId, symbol, shardId: 'a', side, type, timeInForce, postOnly, price: priceCents, quantity },
      status: state === 'open' ? open : state,
      filledQuantity: filled,
      remainingQuantity: state === 'open' ? quantity - filled : 0,
      timestamp: timestampMs,
    };
  }

  text(symbol: string): { bids: string[]; asks: string[] } {
    const side = (name: 'BUY' | 'SELL', sign: number) => {
      const open = this.#open().filter(({ first }) => first.side === name && first.symbol === symbol);
      const levels = Map.groupBy(open, ({ priceCents }) => priceCents);
      return [...levels]
        .sort(([left], [right]) => sign * (left - right))
        .map(([price, orders]) => {
          const quantity = orders.reduce((sum, { quantity: total, filled }) => sum + total - filled, 0);
          return `${price} x ${quantity} (${orders.length})`;
        });
    };
    return { bids: side('BUY', -1), asks: side('SELL', 1) };
  }

  #place(order: TestOrder): Outcome {
    const known = this.#find(order.orderId);
    if (known !== undefined) {
      if (!isSame(known.first, order)) return inUse(order.orderId);
      if (known.state === 'REJECTED') return { kind: 'refused', httpStatus: 400, reason: known.reason };
      return { kind: 'accepted', timestampMs: known.timestampMs, repeated: true, events: [] };
    }
    const one = this.#add(order);
    one.reason = this.#whyNot(one);
    if (one.reason !== '') {
      this.#finish(one, 'REJECTED');
      return { kind: 'refused', httpStatus: 400, reason: one.reason };
    }
    this.tally.orders++;
    return { kind: 'accepted', timestampMs: one.timestampMs, repeated: false, events: this.#trade(one) };
  }

  #whyNot(one: Known): string {
    const { timeInForce, postOnly, account } = one.first;
    const makers = this.#makers(one);
    if (timeInForce === 'FOK') {
      const own = makers.findIndex(({ first }) => account !== undefined && first.account === account);
      const usable = own < 0 ? makers : makers.slice(0, own);
      const available = usable.reduce((sum, { quantity, filled }) => sum + quantity - filled, 0);
      return available < one.quantity ? `FOK order cannot be filled: ${available} of ${one.quantity} available` : '';
    }
    return postOnly && makers[0] ? `Post-only order would match at ${makers[0].priceCents}` : '';
  }

  #makers({ first, priceCents }: Pick<Known, 'first' | 'priceCents'>): Known[] {
    const sign = first.side === 'BUY' ? 1 : -1;
    return this.#open()
      .filter((maker) => maker.first.side !== first.side && maker.first.symbol === first.symbol)
      .filter((maker) => first.type === 'MARKET' || sign * (priceCents - maker.priceCents) >= 0)
      .sort((left, right) => sign * (left.priceCents - right.priceCents) || left.arrival - right.arrival);
  }

  /** As an order that comes in now. Events: only what tests look at, the fills. */
  #trade(taker: Known) {
    const { account } = taker.first;
    const events: EngineEvent[] = [];
    let metOwn = false;
    for (const maker of this.#makers(taker)) {
      const quantity = Math.min(taker.quantity - taker.filled, maker.quantity - maker.filled);
      if (quantity === 0) break;
      metOwn = account !== undefined && maker.first.account === account;
      if (metOwn) break;
      maker.filled += quantity;
      taker.filled += quantity;
      this.tally.matches++;
      if (maker.filled === maker.quantity) this.#finish(maker, 'FILLED');
      events.push({
        ...{ type: 'MATCH_EXECUTED' as const, matchId: '', symbol: taker.first.symbol, timestamp: 0 },
        ...{ takerOrderId: taker.first.orderId, makerOrderId: maker.first.orderId, takerSide: taker.first.side },
        ...{ executionPrice: maker.priceCents, executionQuantity: quantity },
      });
    }
    const { type, timeInForce } = taker.first;
    taker.arrival = this.#arrivals++;
    if (taker.filled === taker.quantity) this.#finish(taker, 'FILLED');
    else if (metOwn || type === 'MARKET' || timeInForce !== 'GTC') this.#finish(taker, 'CANCELLED');
    else taker.state = 'open';
    return events;
  }

  #cancel(orderId: string, symbol: string | null): Outcome {
    const one = this.#findOpen(orderId);
    if (one === undefined || (symbol !== null && one.first.symbol !== symbol)) return notResting(orderId);
    this.#finish(one, 'CANCELLED');
    return { kind: 'cancelled', quantity: one.quantity - one.filled, events: [] };
  }

  #amend({ orderId, priceCents, quantity }: Extract<Command, { kind: 'amend' }>): Outcome {
    const one = this.#findOpen(orderId);
    if (one === undefined) return notResting(orderId);
    const price = priceCents || one.priceCents;
    const total = quantity || one.quantity;
    if (total <= one.filled) {
      const reason = `Quantity ${total} is not above what is filled: ${one.filled}`;
      return { kind: 'refused', httpStatus: 400, reason };
    }
    const [best] = this.#makers({ first: one.first, priceCents: price });
    if (one.first.postOnly && best !== undefined) {
      return { kind: 'refused', httpStatus: 400, reason: `Post-only order would match at ${best.priceCents}` };
    }
    const keepsItsPlace = price === one.priceCents && total <= one.quantity;
    one.priceCents = price;
    one.quantity = total;
    const events = keepsItsPlace ? [] : this.#trade(one);
    return { kind: 'amended', price, quantity: total, filled: one.filled, events };
  }

  #seed(orders: readonly TestOrder[]): Outcome {
    const before = [...this.#known];
    for (const order of orders) {
      const known = this.#find(order.orderId);
      if (known !== undefined && !isSame(known.first, order)) {
        this.#known = before;
        return inUse(order.orderId);
      }
      if (known === undefined) this.#add(order).state = 'open';
    }
    for (const { symbol } of orders.filter(({ orderId }) => !before.some(({ first }) => first.orderId === orderId))) {
      const prices = (side: string) =>
        this.#open()
          .filter(({ first }) => first.side === side && first.symbol === symbol)
          .map(({ priceCents }) => priceCents);
      const [bid, ask] = [Math.max(...prices('BUY')), Math.min(...prices('SELL'))];
      if (bid < ask) continue;
      this.#known = before;
      return {
        kind: 'refused',
        httpStatus: 400,
        reason: `Seed would cross the book of ${symbol}: bid ${bid}, ask ${ask}`,
      };
    }
    return { kind: 'seeded', count: orders.length };
  }

  #add(first: TestOrder): Known {
    const { priceCents, quantity } = first;
    const timestampMs = 1000 + this.#sequence;
    const one: Known = {
      ...{ first, priceCents, quantity, timestampMs, filled: 0, reason: '', arrival: this.#arrivals++ },
      state: 'REJECTED',
    };
    this.#known.push(one);
    return one;
  }

  #finish(one: Known, state: Known['state']): void {
    one.state = state;
    this.#finished.push(one);
  }

  #open(): Known[] {
    return this.#known.filter(({ state }) => state === 'open').sort((left, right) => left.arrival - right.arrival);
  }

  #find(orderId: string): Known | undefined {
    return this.#known.find(({ first }) => first.orderId === orderId);
  }

  #findOpen(orderId: string): Known | undefined {
    const one = this.#find(orderId);
    return one?.state === 'open' ? one : undefined;
  }
}

function isSame(left: TestOrder, right: TestOrder): boolean {
  const text = ({ orderId: _, ...content }: NewOrder & { account?: string }) =>
    JSON.stringify(Object.entries(content).sort());
  return text(left) === text(right);
}

function inUse(orderId: string): Outcome {
  return { kind: 'refused', httpStatus: 409, reason: `Order id already used with other content: ${orderId}` };
}

function notResting(orderId: string): Outcome {
  return { kind: 'refused', httpStatus: 404, reason: `Order is not resting: ${orderId}` };
}
