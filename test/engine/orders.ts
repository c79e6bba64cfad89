/**
 * Short ways to write orders and books in tests: `buy('b1', 100, 5)`, `10100 x 5 (2)`. Commands are objects here and
 * become records; a row of effects becomes an object again.
 */
import type { OrderTableOptions } from '../../src/engine/book/order-table.ts';
import { describeRow } from '../../src/engine/match/describe-events.ts';
import { EFFECT } from '../../src/engine/match/effects.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { wordRefusal } from '../../src/engine/match/word-refusal.ts';
import { COMMAND, FLAG, RecordBuffer, type RecordFields } from '../../src/engine/record.ts';
import type { EngineEvent } from '../../src/protocol/events.ts';
import type { NewOrder, Side } from '../../src/protocol/orders.ts';
import type { OrderView } from '../../src/protocol/replies.ts';

export const SYMBOL = 'TEST-ASSET-A';
export const SYMBOLS = [SYMBOL, 'TEST-ASSET-B'];

export type TestOrder = NewOrder & { account?: string };
export type Command =
  | { kind: 'place'; order: TestOrder }
  | { kind: 'cancel'; orderId: string; symbol: string | null }
  | { kind: 'amend'; orderId: string; symbol: string | null; priceCents?: number; quantity?: number }
  | { kind: 'seed'; orders: readonly TestOrder[] }
  | { kind: 'reset' };

export type Outcome =
  | { kind: 'accepted'; timestampMs: number; repeated: boolean; events: EngineEvent[] }
  | { kind: 'amended'; price: number; quantity: number; filled: number; events: EngineEvent[] }
  | { kind: 'cancelled'; quantity: number; events: EngineEvent[] }
  | { kind: 'refused'; httpStatus: number; reason: string }
  | { kind: 'seeded'; count: number }
  | { kind: 'reset' };

const order =
  (side: Side) =>
  (orderId: string, priceCents: number, quantity: number, rest: Partial<TestOrder> = {}): TestOrder => ({
    orderId,
    symbol: SYMBOL,
    side,
    type: 'LIMIT',
    timeInForce: 'GTC',
    postOnly: false,
    priceCents,
    quantity,
    ...rest,
  });

export const buy = order('BUY');
export const sell = order('SELL');
export const place = (placed: TestOrder): Command => ({ kind: 'place', order: placed });

export function flagsOf({ side, type, timeInForce, postOnly }: NewOrder): number {
  return (
    (side === 'SELL' ? FLAG.sell : 0) |
    (type === 'MARKET' ? FLAG.market : 0) |
    (timeInForce === 'IOC' ? FLAG.immediateOrCancel : 0) |
    (timeInForce === 'FOK' ? FLAG.fillOrKill : 0) |
    (postOnly ? FLAG.postOnly : 0)
  );
}

/** The command as a record of its own. */
export function recordOf(command: Command, symbols: readonly string[] = SYMBOLS): RecordBuffer {
  const orders = command.kind === 'seed' ? command.orders : [];
  const records = RecordBuffer.ofSize(256 * (orders.length + 1));
  const named = (symbol: string | null): Pick<RecordFields, 'flags' | 'symbol'> =>
    symbol === null ? { flags: 0, symbol: 0 } : { flags: FLAG.symbolGiven, symbol: symbols.indexOf(symbol) };
  const placeAt = (at: number, placed: TestOrder): number => {
    const { priceCents, quantity, orderId, account = '' } = placed;
    const fields = { kind: COMMAND.place, flags: flagsOf(placed), symbol: symbols.indexOf(placed.symbol) };
    return records.write(at, { ...fields, priceCents, quantity }, orderId, account);
  };
  const nothing = { flags: 0, symbol: 0, priceCents: 0, quantity: 0 };
  switch (command.kind) {
    case 'place':
      placeAt(0, command.order);
      break;
    case 'cancel':
      records.write(0, { ...nothing, kind: COMMAND.cancel, ...named(command.symbol) }, command.orderId);
      break;
    case 'amend': {
      const { priceCents = 0, quantity = 0, orderId } = command;
      records.write(0, { kind: COMMAND.amend, ...named(command.symbol), priceCents, quantity }, orderId);
      break;
    }
    case 'seed': {
      let at = 16;
      for (const one of command.orders) at += placeAt(at, one);
      records.write(0, { ...nothing, kind: COMMAND.seed, priceCents: orders.length, quantity: at - 16 });
      break;
    }
    case 'reset':
      records.write(0, { ...nothing, kind: COMMAND.reset });
  }
  return records;
}

/** Applies commands to a state, counting sequences from 1. */
export class Shard {
  readonly state: ShardState;
  sequence = 0;

  constructor(options: OrderTableOptions = {}) {
    this.state = new ShardState('a', SYMBOLS, undefined, options);
  }

  apply(command: Command): Outcome {
    const { state } = this;
    state.effects.clear();
    const records = recordOf(command);
    state.apply(records, 0, { sequence: ++this.sequence, timeMs: 1000 + this.sequence });
    return outcomeOf(state, command, this.sequence);
  }

  place(...orders: TestOrder[]): Outcome[] {
    return orders.map((placed) => this.apply(place(placed)));
  }

  order(orderId: string): OrderView | null {
    const records = RecordBuffer.ofSize(256);
    records.write(0, { kind: COMMAND.orderQuery, flags: 0, symbol: 0, priceCents: 0, quantity: 0 }, orderId);
    return this.state.orderView(records, 0);
  }

  book(symbol = SYMBOL): { bids: string[]; asks: string[] } {
    return bookText(this.state, symbol);
  }
}

function outcomeOf(state: ShardState, command: Command, sequence: number): Outcome {
  const { effects } = state;
  const row = effects.count - 1;
  const kind = effects.kind[row];
  const quantity = effects.quantity[row] ?? 0;
  const events = describeRow(state, row, sequence);
  switch (kind) {
    case EFFECT.accepted:
    case EFFECT.repeated:
      return {
        kind: 'accepted',
        timestampMs: effects.timestampMs[row] ?? 0,
        repeated: kind === EFFECT.repeated,
        events,
      };
    case EFFECT.amended:
      return {
        kind: 'amended',
        price: effects.priceCents[row] ?? 0,
        quantity,
        filled: effects.filled[row] ?? 0,
        events,
      };
    case EFFECT.cancelled:
      return { kind: 'cancelled', quantity: effects.cancelled[row] ?? 0, events };
    case EFFECT.seeded:
      return { kind: 'seeded', count: quantity };
    case EFFECT.reset:
      return { kind: 'reset' };
    default:
      return { kind: 'refused', ...wordRefusal(state, row, orderIdOf(command, effects.detail[row] ?? 0)) };
  }
}

function orderIdOf(command: Command, index: number): string {
  if (command.kind === 'place') return command.order.orderId;
  if (command.kind === 'seed') return command.orders[index]?.orderId ?? '';
  return command.kind === 'reset' ? '' : command.orderId;
}

export function bookText(state: ShardState, symbol = SYMBOL): { bids: string[]; asks: string[] } {
  const { bids, asks } = state.view(state.symbols.indexOf(symbol), 1000, 0);
  const line = ({ price, quantity, orders }: { price: number; quantity: number; orders: number }) =>
    `${price} x ${quantity} (${orders})`;
  return { bids: bids.map(line), asks: asks.map(line) };
}

/** `maker quantity@price` of each fill. */
export function fillsOf(outcome: Outcome | undefined): string[] {
  if (outcome === undefined || !('events' in outcome)) return [];
  return outcome.events.flatMap((event) =>
    event.type === 'MATCH_EXECUTED' ? [`${event.makerOrderId} ${event.executionQuantity}@${event.executionPrice}`] : [],
  );
}
