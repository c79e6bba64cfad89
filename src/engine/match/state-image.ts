/**
 * A shard's state as bytes, and back. Canonical: equal states give equal bytes, whatever slots and hashes they use; that
 * is also how two states are compared.
 *
 *   words  content
 *       2  digest
 *       4  tally: orders, matches, doubles
 *       3  number of accounts, of resting orders, of finished orders
 *       1  zero
 *       …  accounts in the order of their numbers, each a record with the account alone
 *       …  resting orders: by symbol, bids before asks, by price, by time
 *       …  finished orders, the first finished first
 *
 * An order is the record it came with, and six words: quantity, filled, price now (of a refused one the reason), state,
 * time of acceptance (low, high).
 */
import { strict as assert } from 'node:assert';
import type { BookSide } from '../book/book-side.ts';
import { LEVEL, LEVEL_WORDS, ORDER, ORDER_WORDS, STATE } from '../book/book-storage.ts';
import { COMMAND, RECORD_BYTES_MAX, RecordBuffer } from '../record.ts';
import { addOrder, ORDER_FLAGS } from './place-order.ts';
import type { ShardState } from './shard-state.ts';

const HEAD_WORDS = 10;
const STATE_WORDS = 6;
const ENTRY_BYTES_MAX = RECORD_BYTES_MAX + STATE_WORDS * 4;
const TWO_TO_32 = 2 ** 32;

export function encodeState(state: ShardState): Uint8Array {
  const { orders, accounts, books, digest, tally } = state;
  const image = new ImageWriter(orders.known);
  let resting = 0;
  for (const name of accounts.names.slice(1)) image.account(name);
  for (const { bids, asks } of books) {
    for (const side of [bids, asks]) {
      eachResting(state, side, (slot) => image.order(state, slot));
      resting += side.orders;
    }
  }
  for (let slot = orders.oldestFinished; slot !== 0; slot = orders.word(slot, ORDER.next)) image.order(state, slot);
  image.head(digest, tally, [accounts.names.length - 1, resting, orders.finishedCount]);
  return image.bytes();
}

/** @param symbols the list that the image's symbols mean; all are the state's, which is empty */
export function restoreState(state: ShardState, bytes: Uint8Array, symbols: readonly string[]): void {
  const image = RecordBuffer.over(bytes);
  const { words } = image;
  const doubles = new DataView(image.bytes.buffer, image.bytes.byteOffset, HEAD_WORDS * 4);
  const [accountCount = 0, resting = 0, finished = 0] = words.subarray(6, 9);
  const ownSymbol = symbols.map((symbol) => state.symbols.indexOf(symbol));
  assert(!ownSymbol.includes(-1), 'symbols are checked before a state is restored');
  let at = HEAD_WORDS * 4;
  for (let index = 0; index < accountCount; index++, at += image.size(at)) {
    state.accounts.numberOf(image.account(at));
  }
  for (let index = 0; index < resting + finished; index++) {
    restoreOrder(state, image, at, ownSymbol[image.symbol(at)] ?? 0);
    at += image.size(at) + STATE_WORDS * 4;
  }
  state.digest.set([words[0] ?? 0, words[1] ?? 0]);
  state.tally.orders = doubles.getFloat64(8, true);
  state.tally.matches = doubles.getFloat64(16, true);
}

function restoreOrder(state: ShardState, image: RecordBuffer, offset: number, symbol: number): void {
  const { orders, accounts, storage, books } = state;
  const at = (offset + image.size(offset)) >> 2;
  const [quantity = 0, filled = 0, price = 0, orderState = 0, timeLow = 0, timeHigh = 0] = image.words.subarray(
    at,
    at + STATE_WORDS,
  );
  orders.find(image, offset);
  const slot = addOrder(state, image, offset, { symbol, timeMs: timeHigh * TWO_TO_32 + (timeLow >>> 0) });
  const { words } = storage.orders;
  const base = slot * ORDER_WORDS;
  words[base + ORDER.quantity] = quantity;
  words[base + ORDER.filled] = filled;
  words[base + ORDER.account] = accounts.numberOf(image.account(offset));
  if (orderState === STATE.open) books[symbol]?.own(image.flags(offset)).add(slot, price);
  else {
    words[base + ORDER.level] = price;
    orders.finish(slot, orderState);
  }
}

function eachResting({ storage, orders }: ShardState, side: BookSide, visit: (slot: number) => void): void {
  const { words } = storage.levels;
  for (let level = side.lowest; level !== 0; level = words[level * LEVEL_WORDS + LEVEL.higher] ?? 0) {
    const oldest = words[level * LEVEL_WORDS + LEVEL.oldest] ?? 0;
    for (let slot = oldest; slot !== 0; slot = orders.word(slot, ORDER.next)) visit(slot);
  }
}

class ImageWriter {
  #records: RecordBuffer;
  #length = HEAD_WORDS * 4;

  constructor(orders: number) {
    this.#records = RecordBuffer.ofSize(HEAD_WORDS * 4 + orders * 96 + ENTRY_BYTES_MAX);
  }

  head(digest: Uint32Array, tally: { orders: number; matches: number }, counts: [number, number, number]): void {
    const { words, bytes } = this.#records;
    words.set([...digest], 0);
    bytes.writeDoubleLE(tally.orders, 8);
    bytes.writeDoubleLE(tally.matches, 16);
    words.set(counts, 6);
  }

  account(name: string): void {
    this.#reserve();
    const fields = { kind: COMMAND.place, flags: 0, symbol: 0, priceCents: 0, quantity: 0 };
    this.#length += this.#records.write(this.#length, fields, '', name);
  }

  order({ orders, accounts, storage }: ShardState, slot: number): void {
    this.#reserve();
    const flags = orders.flags(slot);
    const fields = {
      kind: COMMAND.place,
      flags: flags & ORDER_FLAGS,
      symbol: orders.symbol(slot),
      priceCents: orders.word(slot, ORDER.firstPrice),
      quantity: orders.word(slot, ORDER.firstQuantity),
    };
    const account = accounts.nameOf(orders.word(slot, ORDER.account));
    this.#length += this.#records.write(this.#length, fields, orders.orderId(slot), account);
    const state = flags & STATE.mask;
    const level = orders.word(slot, ORDER.level);
    const price = state === STATE.open ? (storage.levels.words[level * LEVEL_WORDS + LEVEL.price] ?? 0) : level;
    const timeMs = orders.timeMs(slot);
    const { words } = this.#records;
    let at = this.#length >> 2;
    words[at++] = orders.word(slot, ORDER.quantity);
    words[at++] = orders.word(slot, ORDER.filled);
    words[at++] = price;
    words[at++] = state;
    words[at++] = timeMs | 0;
    words[at++] = Math.floor(timeMs / TWO_TO_32);
    this.#length = at << 2;
  }

  bytes(): Uint8Array {
    return this.#records.bytes.subarray(0, this.#length);
  }

  #reserve(): void {
    if (this.#length + ENTRY_BYTES_MAX <= this.#records.bytes.length) return;
    const larger = RecordBuffer.ofSize(this.#records.bytes.length * 2);
    larger.bytes.set(this.#records.bytes);
    this.#records = larger;
  }
}
