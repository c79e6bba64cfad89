/** The order books that are compared, each behind the same three calls. */
import { createRequire } from 'node:module';
import { BookStorage, ORDER, ORDER_WORDS } from '../../src/engine/book/book-storage.ts';
import { AHEAD_MAX } from '../../src/engine/book/ids-ahead.ts';
import { OrderBook } from '../../src/engine/book/order-book.ts';
import { OrderTable } from '../../src/engine/book/order-table.ts';
import { Effects } from '../../src/engine/match/effects.ts';
import { Matcher } from '../../src/engine/match/match-order.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { COMMAND, FLAG, RecordBuffer } from '../../src/engine/record.ts';
import type { Order } from './mixes.ts';

export interface Book {
  /** Applies the commands from one index up to another, each once, in order. */
  apply(orders: readonly Order[], from: number, to: number): void;
  /** Price and quantity of each level, bids from high to low, then asks from low to high. */
  levels(): [number, number][];
}

interface NpmBook {
  limit(options: { side: string; id: string; size: number; price: number }): unknown;
  modify(id: string, change: { price: number }): unknown;
  cancel(id: string): unknown;
  depth(): [[number, number][], [number, number][]];
}

/** For a book that takes one command after the other. */
function each(applyOne: (order: Order, index: number) => void): Book['apply'] {
  return (orders, from, to) => {
    for (let index = from; index < to; index++) {
      const order = orders[index];
      if (order !== undefined) applyOne(order, index);
    }
  };
}

const require = createRequire(import.meta.url);

/** Both are of one author; the older one takes its arguments one by one. */
function npmBook(name: string): Book {
  const module = require(name) as Record<string, new () => NpmBook>;
  const Constructor = module.OrderBook;
  if (Constructor === undefined) throw new Error(`${name} has no OrderBook`);
  const book = new Constructor();
  return {
    apply: each(({ do: what, id, isSell, priceCents, quantity }) => {
      if (what === 'place') book.limit({ side: isSell ? 'sell' : 'buy', id, size: quantity, price: priceCents });
      else if (what === 'move') book.modify(id, { price: priceCents });
      else book.cancel(id);
    }),
    levels() {
      const [asks, bids] = book.depth();
      const sorted = (side: [number, number][], sign: number) => side.sort(([left], [right]) => sign * (left - right));
      return [...sorted(bids, -1), ...sorted(asks, 1)];
    },
  };
}

const FIELDS = { kind: 0, flags: 0, symbol: 0, priceCents: 0, quantity: 0 };
const CLEAR_EVERY = 4096;
/** Commands that are applied in one go: so many, and more, wait in the ring under load. */
export const BATCH_MAX = AHEAD_MAX;
const AT = { sequence: 0, timeMs: 1_764_000_000_000 };
const KIND = { place: COMMAND.place, move: COMMAND.amend, cancel: COMMAND.cancel } as const;

export function writeRecord(records: RecordBuffer, offset: number, order: Order): number {
  FIELDS.kind = KIND[order.do];
  FIELDS.flags = order.do === 'place' && order.isSell ? FLAG.sell : 0;
  FIELDS.priceCents = order.do === 'cancel' ? 0 : order.priceCents;
  FIELDS.quantity = order.do === 'place' ? order.quantity : 0;
  return records.write(offset, FIELDS, order.id);
}

const RECORD_BYTES = 64;

/** The core as below, for whom ids are strings: writing them into records is in the time. */
function mexFromStrings(): Book {
  const state = newState();
  const records = RecordBuffer.ofSize(BATCH_MAX * RECORD_BYTES);
  const offsetOf = (index: number): number => (index % BATCH_MAX) * RECORD_BYTES;
  return {
    apply(orders, from, to) {
      for (let index = from; index < to; index++) {
        const order = orders[index];
        if (order !== undefined) writeRecord(records, offsetOf(index), order);
      }
      applyRecords(state, records, { from, to, offsetOf });
    },
    levels: () => levelsOf(state),
  };
}

/**
 * Its whole core: id index, matching, effects, digest. A command is a record, as the parser leaves it in the ring and as a
 * replay finds it: what an object with a string is to the others.
 */
function mexFromRecords(orders: readonly Order[]): Book {
  const state = newState();
  const records = RecordBuffer.ofSize(orders.length * RECORD_BYTES);
  const offsetOf = (index: number): number => index * RECORD_BYTES;
  for (const [index, order] of orders.entries()) writeRecord(records, offsetOf(index), order);
  return {
    apply: (_, from, to) => applyRecords(state, records, { from, to, offsetOf }),
    levels: () => levelsOf(state),
  };
}

function newState(): ShardState {
  return new ShardState('a', ['X'], undefined, { isServing: true });
}

/** As the hot path does it with what is in the ring. */
function applyRecords(
  state: ShardState,
  records: RecordBuffer,
  { from, to, offsetOf }: { from: number; to: number; offsetOf: (index: number) => number },
): void {
  state.orders.expectNothing();
  for (let index = from; index < to; index++) state.orders.expect(records, offsetOf(index));
  state.orders.fetchExpected();
  for (let index = from; index < to; index++) {
    AT.sequence = index + 1;
    state.apply(records, offsetOf(index), AT);
  }
  if (state.effects.count >= CLEAR_EVERY) state.effects.clear();
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
    apply: each(({ do: what, isSell, priceCents, quantity }, index) => {
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
    }),
    levels: () => {
      const state = newState();
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
  mex: mexFromRecords,
  'mex, ids from strings': mexFromStrings,
  'mex, by handle': mexByHandle,
  'nodejs-order-book': () => npmBook('nodejs-order-book'),
  'hft-limit-order-book': () => npmBook('hft-limit-order-book'),
};
