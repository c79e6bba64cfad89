/** The asks of a phase as bodies of `POST /seed`. Pure. */
import type { Phase, Shard } from '../experiment/cases.ts';
import { SEED_BODY_BYTES_MAX } from '../protocol/orders.ts';
import { SHARD_SYMBOLS } from '../protocol/shards.ts';
import type { WireOrder } from './order-flow.ts';
import { seedOrders, shapeOf } from './seed-orders.ts';

const ENVELOPE = { open: '{"orders":[', close: ']}' };

export interface SeedPlan {
  phase: Phase;
  idPrefix: string;
  seed: number;
}

export interface SeedBody {
  text: string;
  orders: number;
}

/** As few bodies as the limit of the engine allows. The orders are ASCII: a character is a byte. */
export function seedBodies(orders: readonly WireOrder[], bytesMax = SEED_BODY_BYTES_MAX): SeedBody[] {
  const bodies: SeedBody[] = [];
  let entries: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (entries.length === 0) return;
    bodies.push({ text: ENVELOPE.open + entries.join(',') + ENVELOPE.close, orders: entries.length });
  };
  for (const order of orders) {
    const entry = JSON.stringify(order);
    if (bytes + entry.length + 1 > bytesMax - ENVELOPE.open.length - ENVELOPE.close.length) {
      close();
      entries = [];
      bytes = 0;
    }
    entries.push(entry);
    bytes += entry.length + 1;
  }
  close();
  return bodies;
}

/** Of one shard, symbol after symbol. */
export function seedOrdersOf({ phase, idPrefix, seed }: SeedPlan, shard: Shard): WireOrder[] {
  return SHARD_SYMBOLS[shard].flatMap((symbol) =>
    seedOrders({ symbol, shape: shapeOf(phase, symbol), idPrefix, seed }),
  );
}
