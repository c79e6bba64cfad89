/**
 * One book, one mix, in a process of its own, so that no other book's heap or compiled code is in the way: prints what it
 * took, and the book it ended with. `node run-mix.ts BOOK MIX COUNT SEED`
 */
import { createHash } from 'node:crypto';
import { BOOKS, type Book } from './books.ts';
import { type MixName, mixOf } from './mixes.ts';

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
const orders = mixOf(mix as MixName, Number(count), Number(seed));

// Once to warm up, once for the rate, once for single commands.
applyAll(make(orders));
const book = make(orders);
const started = performance.now();
applyAll(book);
const perSecond = orders.length / ((performance.now() - started) / 1000);
const singles = applySingly(make(orders)).sort();
const at = (part: number): number => (singles[Math.floor(part * (singles.length - 1))] ?? 0) * 1000;
const levels = createHash('sha256').update(JSON.stringify(book.levels())).digest('hex').slice(0, 16);
const result: MixResult = { perSecond, p50Us: at(0.5), p999Us: at(0.999), maxUs: at(1), levels };
process.stdout.write(JSON.stringify(result));

function applyAll(to: Book): void {
  for (let index = 0; index < orders.length; index++) {
    const order = orders[index];
    if (order !== undefined) to.apply(order, index);
  }
}

function applySingly(to: Book): Float64Array {
  const tookMs = new Float64Array(orders.length);
  for (let index = 0; index < orders.length; index++) {
    const order = orders[index];
    const before = performance.now();
    if (order !== undefined) to.apply(order, index);
    tookMs[index] = performance.now() - before;
  }
  return tookMs;
}
