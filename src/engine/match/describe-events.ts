/** What the engine tells the world, in the words of the wire. */
import type { MatchExecuted, OrderCancelledEvent, OrderPlaced } from '../../protocol/events.ts';
import type { NewOrder } from '../../protocol/orders.ts';
import type { LogPosition } from '../commands.ts';
import type { Fill } from './match-order.ts';

export function orderPlacedEvent(order: NewOrder, at: LogPosition): OrderPlaced {
  const { orderId, symbol, side, priceCents, quantity } = order;
  return { type: 'ORDER_PLACED', orderId, symbol, side, price: priceCents, quantity, timestamp: at.timeMs };
}

export function matchedEvent(matchId: string, taker: NewOrder, fill: Fill, at: LogPosition): MatchExecuted {
  return {
    type: 'MATCH_EXECUTED',
    matchId,
    takerOrderId: taker.orderId,
    makerOrderId: fill.maker.order.orderId,
    symbol: taker.symbol,
    executionPrice: fill.priceCents,
    executionQuantity: fill.quantity,
    takerSide: taker.side,
    timestamp: at.timeMs,
  };
}

export function orderCancelledEvent(order: NewOrder, cancelledQuantity: number, at: LogPosition): OrderCancelledEvent {
  const { orderId, symbol } = order;
  return { type: 'ORDER_CANCELLED', orderId, symbol, cancelledQuantity, timestamp: at.timeMs };
}
