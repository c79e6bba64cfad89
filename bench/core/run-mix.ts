/**
 * One book, one mix, in a process of its own, so that no other book's heap or compiled code is in the way: prints what it
 * took, and the book it ended with. `node run-mix.ts BOOK MIX COUNT SEED`
 */
import { createHash } from 'node:crypto';
import { BATCH_MAX, BOOKS, type Book } from './books.ts';
import { type MixName, mixOf, type Order } from './mixes.ts';

export interface MixResult {
  perSecond: number;
  /** Of a sample of single commands, in µs, the clock's own cost included. */
  p50Us: number;
  p999Us: number;
  maxUs: number;
  levels: string;
}

const [name = '', mix = '', count = '', seed = ''] = process.argv.slice(2);
const make = BOOKS[name];
if (make === undefined) throw new Error(`no book ${name}`);
/** New text for each run, as in a service: what one run has learnt of an id is of no use to the next. */
const newOrders = (): Order[] => mixOf(mix as MixName, Number(count), Number(seed));

// Once to warm up, once for the rate, once for single commands.
const warmUp = newOrders();
applyAll(make(warmUp), warmUp);
const orders = newOrders();
const book = make(orders);
const started = performance.now();
applyAll(book, orders);
const perSecond = orders.length / ((performance.now() - started) / 1000);
const others = newOrders();
const singles = applySingly(make(others), others).sort();
const at = (part: number): number => (singles[Math.floor(part * (singles.length - 1))] ?? 0) * 1000;
const levels = createHash('sha256').update(JSON.stringify(book.levels())).digest('hex').slice(0, 16);
const result: MixResult = { perSecond, p50Us: at(0.5), p999Us: at(0.999), maxUs: at(1), levels };
process.stdout.write(JSON.stringify(result));

function applyAll(to: Book, orders: readonly Order[]): void {
  for (let from = 0; from < orders.length; from += BATCH_MAX) {
    to.apply(orders, from, Math.min(from + BATCH_MAX, orders.length));
  }
}

/** One by one, each timed. */
function applySingly(to: Book, orders: readonly Order[]): Float64Array {
  const tookMs = new Float64Array(orders.length);
  for (let index = 0; index < orders.length; index++) {
    const before = performance.now();
    to.apply(orders, index, index + 1);
    tookMs[index] = performance.now() - before;
  }
  return tookMs;
}
