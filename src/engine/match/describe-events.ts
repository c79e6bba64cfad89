/** What the engine tells the world of a committed row, in the words of the wire. */

import type { EngineEvent, MatchExecuted } from '../../protocol/events.ts';
import { EFFECT } from './effects.ts';
import type { ShardState } from './shard-state.ts';

/** Nothing for a row that changed nothing; seeds and resets are no trading and are not told. */
export function describeRow(state: ShardState, row: number, sequence: number): EngineEvent[] {
  const { effects, orders, symbols, shardId } = state;
  const kind = effects.kind[row];
  if (kind !== EFFECT.accepted && kind !== EFFECT.amended && kind !== EFFECT.cancelled) return [];
  const slot = effects.order[row] ?? 0;
  const orderId = orders.orderId(slot);
  const symbol = symbols[orders.symbol(slot)] ?? '';
  const side = orders.side(slot);
  const timestamp = effects.timestampMs[row] ?? 0;
  const events: EngineEvent[] = [];
  if (kind !== EFFECT.cancelled) {
    const type = kind === EFFECT.accepted ? 'ORDER_PLACED' : 'ORDER_AMENDED';
    const [price, quantity] = [effects.priceCents[row] ?? 0, effects.quantity[row] ?? 0];
    events.push({ type, orderId, symbol, side, price, quantity, timestamp });
  }
  const begin = effects.fillsBegin(row);
  for (let fill = begin; fill < (effects.fillsEnd[row] ?? 0); fill++) {
    const match: MatchExecuted = {
      type: 'MATCH_EXECUTED',
      matchId: `${shardId}-${sequence}-${fill - begin}`,
      takerOrderId: orderId,
      makerOrderId: orders.orderId(effects.fillMaker[fill] ?? 0),
      symbol,
      executionPrice: effects.fillPriceCents[fill] ?? 0,
      executionQuantity: effects.fillQuantity[fill] ?? 0,
      takerSide: side,
      timestamp,
    };
    events.push(match);
  }
  const cancelledQuantity = effects.cancelled[row] ?? 0;
  if (cancelledQuantity > 0) events.push({ type: 'ORDER_CANCELLED', orderId, symbol, cancelledQuantity, timestamp });
  return events;
}
