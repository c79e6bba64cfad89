/** The book of one symbol: two sides that never cross. It holds orders; who trades with whom is decided in `match/`. */
import type { Side } from '../../protocol/orders.ts';
import { BookSide } from './book-side.ts';

export class OrderBook {
  readonly symbol: string;
  readonly bids = new BookSide('BUY');
  readonly asks = new BookSide('SELL');

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** The side on which an order of `side` rests. */
  own(side: Side): BookSide {
    return side === 'BUY' ? this.bids : this.asks;
  }

  /** The side with which an order of `side` trades. */
  opposite(side: Side): BookSide {
    return side === 'BUY' ? this.asks : this.bids;
  }
}
