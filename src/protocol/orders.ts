/**
 * The order as it travels: the body of `POST /orders` and of each entry of `POST /seed`.
 * Prices are integer cents, quantities integer units. Absent fields have been given their defaults.
 */
export type Side = 'BUY' | 'SELL';
export type OrderType = 'LIMIT' | 'MARKET';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';

export interface NewOrder {
  orderId: string;
  symbol: string;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  /** Limit in cents; 0 for a MARKET order. */
  priceCents: number;
  quantity: number;
}

export const ORDER_ID_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/;
export const SHARD_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;
export const SYMBOL_PATTERN = /^[A-Za-z0-9._-]{1,32}$/;
export const PRICE_CENTS_MAX = 1_000_000_000;
export const QUANTITY_MAX = 1_000_000_000;

/** Bytes of a body that an engine or gateway reads, at most. */
export const ORDER_BODY_BYTES_MAX = 64 * 1024;
/** A deep seed is 40,000 orders in one body, about 5 MB. */
export const SEED_BODY_BYTES_MAX = 8 * 1024 * 1024;
