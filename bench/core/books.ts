/** The order books that are compared, each behind the same three calls. */
import { createRequire } from 'node:module';
import { BookStorage, ORDER, ORDER_WORDS } from '../../src/engine/book/book-storage.ts';
import { OrderBook } from '../../src/engine/book/order-book.ts';
import { OrderTable } from '../../src/engine/book/order-table.ts';
import { Effects } from '../../src/engine/match/effects.ts';
import { Matcher } from '../../src/engine/match/match-order.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { COMMAND, FLAG, RecordBuffer } from '../../src/engine/record.ts';
import type { Order } from './mixes.ts';

export interface Book {
  /** Applies the command. Called once each, in order; what it needs to know is in `order` alone. */
  apply(order: Order, index: number): void;
  /** Price and quantity of each level, bids from high to low, then asks from low to high. */
  levels(): [number, number][];
}

interface NpmBook {
  limit(options: { side: string; id: string; size: number; price: number }): unknown;
  modify(id: string, change: { price: number }): unknown;
  cancel(id: string): unknown;
  depth(): [[number, number][], [number, number][]];
}

const require = createRequire(import.meta.url);

/** Both are of one author; the older one takes its arguments one by one. */
function npmBook(name: string): Book {
  const module = require(name) as Record<string, new () => NpmBook>;
  const Constructor = module.OrderBook;
  if (Constructor === undefined) throw new Error(`${name} has no OrderBook`);
  const book = new Constructor();
  return {
    apply({ do: what, id, isSell, priceCents, quantity }) {
      if (what === 'place') book.limit({ side: isSell ? 'sell' : 'buy', id, size: quantity, price: priceCents });
      else if (what === 'move') book.modify(id, { price: priceCents });
      else book.cancel(id);
    },
    levels() {
      const [asks, bids] = book.depth();
      const sorted = (side: [number, number][], sign: number) => side.sort(([left], [right]) => sign * (left - right));
      return [...sorted(bids, -1), ...sorted(asks, 1)];
    },
  };
}

const FIELDS = { kind: 0, flags: 0, symbol: 0, priceCents: 0, quantity: 0 };
const CLEAR_EVERY = 4096;
const KIND = { place: COMMAND.place, move: COMMAND.amend, cancel: COMMAND.cancel } as const;

export function writeRecord(records: RecordBuffer, offset: number, order: Order): number {
  FIELDS.kind = KIND[order.do];
  FIELDS.flags = order.do === 'place' && order.isSell ? FLAG.sell : 0;
  FIELDS.priceCents = order.do === 'cancel' ? 0 : order.priceCents;
  FIELDS.quantity = order.do === 'place' ? order.quantity : 0;
  return records.write(offset, FIELDS, order.id);
}

/** Its whole core: record, id index, matching, effects, digest. Writing the record from the string is in the time. */
function mex(): Book {
  const state = new ShardState('a', ['X'], undefined, { isServing: true });
  const records = RecordBuffer.ofSize(256);
  const at = { sequence: 0, timeMs: 1_764_000_000_000 };
  return {
    apply(order, index) {
      writeRecord(records, 0, order);
      at.sequence = index + 1;
      state.apply(records, 0, at);
      if (state.effects.count === CLEAR_EVERY) state.effects.clear();
    },
    levels: () => levelsOf(state),
  };
}

/** The same, with records that are there already, as in a replay. */
function mexFromRecords(orders: readonly Order[]): Book {
  const state = new ShardState('a', ['X'], undefined, { isServing: true });
  const records = RecordBuffer.ofSize(orders.length * 64);
  const offsets = new Int32Array(orders.length);
  let end = 0;
  for (const [index, order] of orders.entries()) {
    offsets[index] = end;
    end += writeRecord(records, end, order);
  }
  const at = { sequence: 0, timeMs: 1_764_000_000_000 };
  return {
    apply(_, index) {
      at.sequence = index + 1;
      state.apply(records, offsets[index] ?? 0, at);
      if (state.effects.count === CLEAR_EVERY) state.effects.clear();
    },
    levels: () => levelsOf(state),
  };
}

/** The book alone, orders known by number, no ids: what exchange-core's direct book was measured as. */
function mexByHandle(orders: readonly Order[]): Book {
  const storage = new BookStorage();
  const table = new OrderTable(storage, { isServing: true });
  const effects = new Effects();
  const matcher = new Matcher(storage, table, effects);
  const book = new OrderBook(storage);
  const numbers = new Map<string, number>();
  const handle = Int32Array.from(orders, ({ id }) => {
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return number;
  });
  const slots = new Int32Array(numbers.size);
  return {
    apply({ do: what, isSell, priceCents, quantity }, index) {
      const flags = isSell ? FLAG.sell : 0;
      if (what === 'place') {
        const left = matcher.match(book.opposite(flags), priceCents, quantity, 0);
        if (effects.fillCount > CLEAR_EVERY) effects.clear();
        if (left === 0) return;
        const slot = storage.orders.allocate();
        const base = slot * ORDER_WORDS;
        const { words } = storage.orders;
        words[base + ORDER.quantity] = quantity;
        words[base + ORDER.filled] = quantity - left;
        words[base + ORDER.flags] = flags;
        words[base + ORDER.account] = 0;
        slots[handle[index] ?? 0] = slot;
        book.own(flags).add(slot, priceCents);
        return;
      }
      const slot = slots[handle[index] ?? 0] ?? 0;
      if (slot === 0) return;
      const remaining = table.word(slot, ORDER.quantity) - table.word(slot, ORDER.filled);
      if (remaining === 0) return;
      book.own(flags).remove(slot, remaining);
      if (what === 'move') book.own(flags).add(slot, priceCents);
      else slots[handle[index] ?? 0] = 0;
    },
    levels: () => {
      const state = new ShardState('a', ['X'], undefined, { isServing: true });
      Object.assign(state, { books: [book], storage });
      return levelsOf(state);
    },
  };
}

function levelsOf(state: ShardState): [number, number][] {
  const { bids, asks } = state.view(0, Number.MAX_SAFE_INTEGER, 0);
  return [...bids, ...asks].map(({ price, quantity }) => [price, quantity]);
}

export const BOOKS: Readonly<Record<string, (orders: readonly Order[]) => Book>> = {
  mex,
  'mex, records ready': mexFromRecords,
  'mex, by handle': mexByHandle,
  'nodejs-order-book': () => npmBook('nodejs-order-book'),
  'hft-limit-order-book': () => npmBook('hft-limit-order-book'),
};
