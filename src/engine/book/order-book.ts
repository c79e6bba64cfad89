/** The two sides of one symbol. */
import { FLAG } from '../record.ts';
import { BookSide } from './book-side.ts';
import type { BookStorage } from './book-storage.ts';

export class OrderBook {
  readonly bids: BookSide;
  readonly asks: BookSide;

  constructor(storage: BookStorage) {
    this.bids = new BookSide(storage, false);
    this.asks = new BookSide(storage, true);
  }

  /** Where an order with these flags rests … */
  own(flags: number): BookSide {
    return (flags & FLAG.sell) === 0 ? this.bids : this.asks;
  }

  /** … and what it trades with. */
  opposite(flags: number): BookSide {
    return (flags & FLAG.sell) === 0 ? this.asks : this.bids;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }
}
