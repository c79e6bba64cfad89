/**
 * The orders of one flow. Pure: the same seed gives the same orders, whoever sends them and in whatever order, because
 * each order of each flow draws from a stream of its own.
 */
import type { Flow } from '../experiment/cases.ts';
import { WORKLOAD } from '../experiment/workload.ts';
import { ORDER_ID_PATTERN, type Side } from '../protocol/orders.ts';
import { SHARD_SYMBOLS } from '../protocol/shards.ts';
import { type Random, randomInteger, seededRandom } from '../stats/seeded-random.ts';

/** An order as it goes into a body. `price` is integer cents. */
export interface WireOrder {
  orderId: string;
  symbol: string;
  side: Side;
  type: 'LIMIT';
  price: number;
  quantity: number;
}

export interface OrderFlowOptions {
  flow: Flow;
  idPrefix: string;
  seed: number;
}

/** The order that arrives as number `n` of its flow, from 0. */
export function orderAt({ flow, idPrefix, seed }: OrderFlowOptions, n: number): WireOrder {
  const random = seededRandom(seed, `orders/${flow.name}/${n}`);
  const symbol = drawSymbol(flow, random);
  const price = drawPriceCents(random);
  const quantity = drawQuantity(random);
  const orderId = checkedOrderId(orderIdOf(idPrefix, flow.name, n));
  return { orderId, symbol, side: 'BUY', type: 'LIMIT', price, quantity };
}

export function orderIdOf(idPrefix: string, flow: string, n: number): string {
  return `${idPrefix}-${flow}-${n}`;
}

export function flowSymbols(flow: Flow): string[] {
  return flow.shards.flatMap((shard) => SHARD_SYMBOLS[shard]);
}

/** The share of a flow's orders that go to a symbol, 0…1. */
export function symbolShare(flow: Flow, symbol: string): number {
  const symbols = flowSymbols(flow);
  if (!symbols.includes(symbol)) return 0;
  if (flow.hot === undefined) return 1 / symbols.length;
  return symbol === flow.hot.symbol ? flow.hot.share : (1 - flow.hot.share) / (symbols.length - 1);
}

export function drawQuantity(random: Random): number {
  return randomInteger(random, WORKLOAD.quantityMin, WORKLOAD.quantityMax);
}

/** An id that an engine would refuse is a bug of ours: better told here than by every answer. */
export function checkedOrderId(orderId: string): string {
  if (!ORDER_ID_PATTERN.test(orderId)) throw new RangeError(`not an order id: ${orderId}`);
  return orderId;
}

/** One draw where no symbol is hot, two where one is. */
function drawSymbol(flow: Flow, random: Random): string {
  const { hot } = flow;
  if (hot !== undefined && random() < hot.share) return hot.symbol;
  const symbols = flowSymbols(flow).filter((symbol) => symbol !== hot?.symbol);
  const symbol = symbols[randomInteger(random, 0, symbols.length - 1)];
  if (symbol === undefined) throw new RangeError(`flow ${flow.name} has no symbols`);
  return symbol;
}

function drawPriceCents(random: Random): number {
  const { basePriceCents, priceJitterCents, priceSpreadCents, aggressiveShare } = WORKLOAD;
  const aggressive = random() < aggressiveShare;
  const jitterCents = randomInteger(random, 0, priceJitterCents - 1);
  return aggressive ? basePriceCents + jitterCents : basePriceCents - priceSpreadCents - jitterCents;
}
