/** What an engine publishes, one object a record, keyed by symbol. Field names are the wire contract. */
export interface MatchExecuted {
  type: 'MATCH_EXECUTED';
  /** `shard-sequence-index`, from the log: a replayed event has the same id. */
  matchId: string;
  takerOrderId: string;
  makerOrderId: string;
  symbol: string;
  executionPrice: number;
  executionQuantity: number;
  takerSide: 'BUY' | 'SELL';
  timestamp: number;
}

export interface OrderPlaced {
  type: 'ORDER_PLACED';
  orderId: string;
  symbol: string;
  side: 'BUY' | 'SELL';
  price: number;
  quantity: number;
  timestamp: number;
}

/** The order as it is now; fills that follow from it come behind. */
export interface OrderAmendedEvent extends Omit<OrderPlaced, 'type'> {
  type: 'ORDER_AMENDED';
}

export interface OrderCancelledEvent {
  type: 'ORDER_CANCELLED';
  orderId: string;
  symbol: string;
  cancelledQuantity: number;
  timestamp: number;
}

export type EngineEvent = MatchExecuted | OrderPlaced | OrderAmendedEvent | OrderCancelledEvent;
