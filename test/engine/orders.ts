/** Short ways to write orders and books in tests: `buy('b1', 100, 5)`, `10100 x 5 (2)`. */
import type { Command, CommandOutcome } from '../../src/engine/commands.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import type { NewOrder, Side } from '../../src/protocol/orders.ts';

export const SYMBOL = 'TEST-ASSET-A';
export const SYMBOLS = [SYMBOL, 'TEST-ASSET-B'];

const order =
  (side: Side) =>
  (orderId: string, priceCents: number, quantity: number, rest: Partial<NewOrder> = {}): NewOrder => ({
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
export const place = (placed: NewOrder): Command => ({ kind: 'place', order: placed });

/** Applies commands to a state, counting sequences from 1. */
export class Shard {
  readonly state = new ShardState('a', SYMBOLS);
  sequence = 0;

  apply(command: Command): CommandOutcome {
    return this.state.apply(command, { sequence: ++this.sequence, timeMs: 1000 + this.sequence });
  }

  place(...orders: NewOrder[]): CommandOutcome[] {
    return orders.map((placed) => this.apply(place(placed)));
  }

  book(symbol = SYMBOL): { bids: string[]; asks: string[] } {
    return bookText(this.state, symbol);
  }
}

export function bookText(state: ShardState, symbol = SYMBOL): { bids: string[]; asks: string[] } {
  const { bids, asks } = state.view(symbol, 1000, 0);
  const line = ({ price, quantity, orders }: { price: number; quantity: number; orders: number }) =>
    `${price} x ${quantity} (${orders})`;
  return { bids: bids.map(line), asks: asks.map(line) };
}

/** `maker quantity@price` of each fill. */
export function fillsOf(outcome: CommandOutcome | undefined): string[] {
  if (outcome?.kind !== 'accepted') return [];
  return outcome.events.flatMap((event) =>
    event.type === 'MATCH_EXECUTED' ? [`${event.makerOrderId} ${event.executionQuantity}@${event.executionPrice}`] : [],
  );
}
