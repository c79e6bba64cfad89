/** What commands work on. */
import type { BookStorage } from '../book/book-storage.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { OrderTable } from '../book/order-table.ts';
import type { Accounts } from './accounts.ts';
import type { Effects } from './effects.ts';
import type { Matcher } from './match-order.ts';
import type { StageClock } from './stage-clock.ts';

export interface Shard {
  readonly storage: BookStorage;
  readonly orders: OrderTable;
  readonly accounts: Accounts;
  readonly effects: Effects;
  readonly matcher: Matcher;
  /** By symbol. */
  readonly books: readonly OrderBook[];
  readonly clock: StageClock;
}

/** Where in the log a command stands. The batch's time is the only clock that matching may use. */
export interface LogPosition {
  sequence: number;
  timeMs: number;
}
