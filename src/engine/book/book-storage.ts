/**
 * Where the books of a shard keep what they hold: three arenas, shared by all books, addressed by slot and field.
 *
 *   an order, 16 words = 64 bytes, one line of the processor's cache
 *      0  next in its level; of a finished order the one that finished after it
 *      1  previous in its level; of a finished order the one that finished before it
 *      2  level it rests at; of a finished order its last price; of a refused one the reason
 *      3  quantity: the total, what is filled included
 *      4  filled; of a refused order the number in the reason
 *      5  price that it came with, in cents         } what a repeated order is compared with,
 *      6  quantity that it came with                } whatever an amend has changed since
 *      7  flags: bits 0–4 as in a record (`FLAG`), 5–6 `STATE`, 8–14 length of the id, 15 the id is a packed UUID
 *      8  account, by number; 0: none
 *      9  time of acceptance, epoch ms: low 32 bits
 *     10  … high 21 bits; bits 21–31 the symbol
 *     11  slot of the rest of a long id; 0: none
 *     12  id, 4 words (`order-id.ts`)
 *
 *   a price level, 8 words                          a node of a price ladder, 33 words (`price-ladder.ts`)
 *      0  quantity that rests, a double in 2 words     0  which of the children are there, a bit each
 *      2  price in cents                               1  children, 32 words
 *      3  oldest order   4  newest order
 *      5  number of orders
 *      6  next lower level   7  next higher level
 */
import { Arena } from './arena.ts';

export const ORDER_WORDS = 16;
export const ORDER = {
  next: 0,
  previous: 1,
  level: 2,
  quantity: 3,
  filled: 4,
  firstPrice: 5,
  firstQuantity: 6,
  flags: 7,
  account: 8,
  timeLow: 9,
  timeHigh: 10,
  tail: 11,
  id: 12,
} as const;

export const LEVEL_WORDS = 8;
export const LEVEL = { quantity: 0, price: 2, oldest: 3, newest: 4, count: 5, lower: 6, higher: 7 } as const;

/** Bits 5 and 6 of an order's flags. */
export const STATE = { open: 0, filled: 1 << 5, cancelled: 2 << 5, refused: 3 << 5, mask: 3 << 5 } as const;

export class BookStorage {
  readonly orders = new Arena(ORDER_WORDS);
  readonly levels = new Arena(LEVEL_WORDS);
  readonly nodes = new Arena(33);

  clear(): void {
    this.orders.clear();
    this.levels.clear();
    this.nodes.clear();
  }
}
