/** From what the engine decided to what the client is told. */
import type { BookView, OrderAccepted, OrderCancelled, Seeded } from '../../protocol/replies.ts';
import type { BookQuery, Command, Outcome } from '../commands.ts';
import type { Refusal } from './json-server.ts';

type Reply =
  | { ok: true; body: OrderAccepted | OrderCancelled | Seeded | BookView | { status: 'RESET'; shardId: string } }
  | { ok: false; refusal: Refusal };

/** A full ring is empty again within milliseconds, a restart takes seconds. */
const RETRY_AFTER_SECONDS = '1';

export function replyTo(command: Command | BookQuery, outcome: Outcome, shardId: string): Reply {
  const orderId = orderIdOf(command);
  switch (outcome.kind) {
    case 'accepted':
      return {
        ok: true,
        body: { status: 'ACCEPTED', orderId: orderId ?? '', shardId, timestamp: outcome.timestampMs },
      };
    case 'cancelled': {
      const { quantity: cancelledQuantity, timestampMs: timestamp } = outcome;
      return {
        ok: true,
        body: { status: 'CANCELLED', orderId: outcome.orderId, shardId, cancelledQuantity, timestamp },
      };
    }
    case 'seeded':
      return { ok: true, body: { seeded: outcome.count } };
    case 'reset':
      return { ok: true, body: { status: 'RESET', shardId } };
    case 'book':
      return { ok: true, body: outcome.view };
    case 'refused':
      return {
        ok: false,
        refusal: { httpStatus: outcome.httpStatus, orderId: outcome.orderId, reason: outcome.reason },
      };
    case 'unavailable': {
      const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
      const { reason, effect } = outcome;
      return { ok: false, refusal: { httpStatus: 503, orderId, reason, outcome: effect, headers } };
    }
  }
}

function orderIdOf(command: Command | BookQuery): string | null {
  if (command.kind === 'place') return command.order.orderId;
  return command.kind === 'cancel' ? command.orderId : null;
}
