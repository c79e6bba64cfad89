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
