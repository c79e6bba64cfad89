/** The asks: put into empty books before a phase, and kept at their shape while it runs. */
import { sleep } from 'k6';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { shardsOf } from '../../src/experiment/cases.ts';
import { replenishOrders } from '../../src/load/replenish-orders.ts';
import { seedBodies, seedOrdersOf } from '../../src/load/seed-bodies.ts';
import { shapeOf } from '../../src/load/seed-orders.ts';
import { LEVELS_READ, replenishedSymbols, replenishPeriodMs, topUp } from '../../src/load/top-up.ts';
import { SHARD_IDS, SHARD_SYMBOLS } from '../../src/protocol/shards.ts';
import { plan, seed } from './config.js';

const SEED_TIMEOUT = '60s';
const ROUND_TIMEOUT = '2s';
/** Engines that were started with an admin token let only those empty and seed their books who have it. */
const ADMIN_TOKEN = plan?.adminToken ?? __ENV.ADMIN_TOKEN;
const JSON_HEADERS = {
  'Content-Type': 'application/json',
  ...(ADMIN_TOKEN ? { Authorization: `Bearer ${ADMIN_TOKEN}` } : {}),
};
/** A replenisher that has nothing to do looks again so soon. */
const IDLE_SECONDS = 0.05;

const counts = {
  orders: new Counter('replenished_orders'),
  reads: new Counter('replenish_reads'),
  failures: new Counter('replenish_failures'),
  blockedLevels: new Counter('replenish_blocked_levels'),
};

/**
 * @typedef {object} Books
 * @property {import('../../src/experiment/cases.ts').Phase} phase
 * @property {string} ordersUrl base URL of a shard or of the gateway
 * @property {string} idPrefix
 * @property {Partial<Record<'a' | 'b' | 'c', string | undefined>>} resetUrls the shards whose own URL is known
 */

/** Empties the books, where a shard's own URL is known: a gateway does not pass that on. Then seeds them.
 * @param {Books} books */
export function seedBooks({ phase, ordersUrl, idPrefix, resetUrls }) {
  for (const shard of shardsOf(phase)) {
    const url = resetUrls[shard];
    if (url !== undefined) {
      const parameters = { headers: JSON_HEADERS, tags: { name: 'POST /reset' }, timeout: ROUND_TIMEOUT };
      expectOk(http.post(`${url}/reset`, '{}', parameters));
    } else {
      warnIfFull(ordersUrl, shard);
    }
    for (const { text, orders } of seedBodies(seedOrdersOf({ phase, idPrefix, seed }, shard))) {
      const parameters = { headers: JSON_HEADERS, tags: { name: 'POST /seed' }, timeout: SEED_TIMEOUT };
      const response = expectOk(http.post(`${ordersUrl}/seed/${shard}`, text, parameters));
      const seeded = Number(response.json('seeded'));
      if (seeded !== orders) throw new Error(`shard ${shard} took ${seeded} of ${orders} seeds`);
    }
  }
}

/** Asks that are there already stay, and the books are then deeper than the case says.
 * @param {string} ordersUrl @param {'a' | 'b' | 'c'} shard */
function warnIfFull(ordersUrl, shard) {
  const parameters = { tags: { name: 'GET /book' }, timeout: ROUND_TIMEOUT };
  for (const symbol of SHARD_SYMBOLS[shard]) {
    const book = /** @type {any} */ (expectOk(http.get(`${ordersUrl}/book/${symbol}?levels=1`, parameters)).json());
    if (book.asks.length + book.bids.length === 0) continue;
    console.warn(
      `shard ${shard}: ${symbol} is not empty, and stays so: -e ME_SHARD_${shard.toUpperCase()}_URL=… empties it`,
    );
    return;
  }
}

/** What one virtual user knows of the symbols that it keeps up, from iteration to iteration.
 * @type {Map<string, { dueMs: number, nextAsk: (priceCents: number) => import('../../src/load/order-flow.ts').WireOrder }>} */
const symbols = new Map();

/** One look at every symbol whose turn it is. Nothing here is fatal: the next look sees the truth. @param {Books} books */
export function replenishBooks(books) {
  const { phase, idPrefix } = books;
  const nowMs = Date.now();
  let looked = 0;
  for (const symbol of replenishedSymbols(phase)) {
    const key = `${idPrefix} ${symbol}`;
    const known = symbols.get(key) ?? { dueMs: nowMs, nextAsk: replenishOrders({ symbol, idPrefix, seed }) };
    symbols.set(key, known);
    if (known.dueMs > nowMs) continue;
    known.dueMs = nowMs + replenishPeriodMs(phase, symbol);
    looked++;
    keepUp(books, symbol, known.nextAsk);
  }
  if (looked === 0) sleep(IDLE_SECONDS);
}

/**
 * @param {Books} books
 * @param {string} symbol
 * @param {(priceCents: number) => import('../../src/load/order-flow.ts').WireOrder} nextAsk
 */
function keepUp({ phase, ordersUrl }, symbol, nextAsk) {
  try {
    const read = { tags: { name: 'GET /book' }, timeout: ROUND_TIMEOUT };
    const book = expectOk(http.get(`${ordersUrl}/book/${symbol}?levels=${LEVELS_READ}`, read)).json();
    counts.reads.add(1);
    const { missing, blockedLevels } = topUp(/** @type {any} */ (book), shapeOf(phase, symbol));
    counts.blockedLevels.add(blockedLevels);
    const orders = missing.flatMap((level) => Array.from({ length: level.orders }, () => nextAsk(level.priceCents)));
    if (orders.length === 0) return;
    const shard = SHARD_IDS.find((id) => SHARD_SYMBOLS[id].includes(symbol));
    const parameters = { headers: JSON_HEADERS, tags: { name: 'POST /seed' }, timeout: ROUND_TIMEOUT };
    expectOk(http.post(`${ordersUrl}/seed/${shard}`, JSON.stringify({ orders }), parameters));
    counts.orders.add(orders.length);
  } catch (_failed) {
    counts.failures.add(1);
  }
}

/** @param {import('k6/http').RefinedResponse<any>} response */
function expectOk(response) {
  if (response.status === 200) return response;
  throw new Error(
    `${response.request.method} ${response.url} answered ${response.status || response.error}: ${response.body}`,
  );
}
