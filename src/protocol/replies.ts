import type { OrderType, Side, TimeInForce } from './orders.ts';

/**
 * What an engine answers. Every answer that is not 2xx says whether the command may have taken effect:
 * `not_accepted` (safe to send as new) or `unknown` (send again with the same id to find out).
 */
export type Outcome = 'not_accepted' | 'unknown';

export interface OrderAccepted {
  status: 'ACCEPTED';
  orderId: string;
  shardId: string;
  /** Epoch milliseconds at which the engine took the order; the same again for a repeated order. */
  timestamp: number;
}

export interface Rejected {
  status: 'REJECTED';
  /** `null` where the body did not tell. */
  orderId: string | null;
  reason: string;
  outcome: Outcome;
}

export interface OrderCancelled {
  status: 'CANCELLED';
  orderId: string;
  shardId: string;
  cancelledQuantity: number;
  timestamp: number;
}

export interface OrderAmended {
  status: 'AMENDED';
  orderId: string;
  shardId: string;
  price: number;
  quantity: number;
  filledQuantity: number;
  timestamp: number;
}

export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'REJECTED';

/** `GET /orders/{id}`. */
export interface OrderView {
  orderId: string;
  symbol: string;
  shardId: string;
  status: OrderStatus;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  /** As it is now, after amends; 0 for a MARKET order. */
  price: number;
  /** The total, what is filled included. */
  quantity: number;
  filledQuantity: number;
  /** What still rests. */
  remainingQuantity: number;
  /** Epoch milliseconds of its acceptance. */
  timestamp: number;
}

export interface BookLevel {
  price: number;
  quantity: number;
  orders: number;
}

/** `GET /book/{symbol}`: best level first on both sides, exact at log sequence `sequence`. */
export interface BookView {
  symbol: string;
  shardId: string;
  sequence: number;
  bids: BookLevel[];
  asks: BookLevel[];
}

export interface Seeded {
  seeded: number;
}
