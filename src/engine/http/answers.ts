/** From what the engine did to what the client is told, with as few steps as an answer needs. */
import type { ServerResponse } from 'node:http';
import type { BookView, OrderAmended, OrderCancelled, OrderView, Outcome, Seeded } from '../../protocol/replies.ts';
import type { Answers } from '../answers.ts';
import { EFFECT, REASON } from '../match/effects.ts';
import type { ShardState } from '../match/shard-state.ts';
import { wordRefusal } from '../match/word-refusal.ts';
import { COMMAND, type RecordBuffer } from '../record.ts';
import { sendJson, sendRefusal, sendText } from './send.ts';

/** A full ring is empty again within milliseconds, a restart takes seconds. */
const RETRY_AFTER_SECONDS = '1';

export class HttpAnswers implements Answers<ServerResponse> {
  readonly #state: ShardState;
  /** What stands between order id and time of an acceptance. */
  readonly #accepted: string;

  constructor(state: ShardState) {
    this.#state = state;
    this.#accepted = `","shardId":${JSON.stringify(state.shardId)},"timestamp":`;
  }

  command(response: ServerResponse, records: RecordBuffer, offset: number, row: number): void {
    const { effects, shardId } = this.#state;
    const timestamp = effects.timestampMs[row] ?? 0;
    switch (effects.kind[row]) {
      case EFFECT.accepted:
      case EFFECT.repeated:
        this.#accept(response, records.orderId(offset), timestamp);
        break;
      case EFFECT.cancelled: {
        const cancelledQuantity = effects.cancelled[row] ?? 0;
        const orderId = records.orderId(offset);
        sendJson(response, 200, {
          ...{ status: 'CANCELLED', orderId, shardId, cancelledQuantity, timestamp },
        } satisfies OrderCancelled);
        break;
      }
      case EFFECT.amended:
        sendJson(response, 200, {
          status: 'AMENDED',
          orderId: records.orderId(offset),
          shardId,
          price: effects.priceCents[row] ?? 0,
          quantity: effects.quantity[row] ?? 0,
          filledQuantity: effects.filled[row] ?? 0,
          timestamp,
        } satisfies OrderAmended);
        break;
      case EFFECT.seeded:
        sendJson(response, 200, { seeded: effects.quantity[row] ?? 0 } satisfies Seeded);
        break;
      case EFFECT.reset:
        sendJson(response, 200, { status: 'RESET', shardId });
        break;
      default:
        this.#refuse(response, records, offset, row);
    }
  }

  view(response: ServerResponse, records: RecordBuffer, offset: number, view: BookView | OrderView | null): void {
    if (view !== null) sendJson(response, 200, view);
    else {
      const orderId = records.orderId(offset);
      sendRefusal(response, { httpStatus: 404, orderId, reason: `Unknown order: ${orderId}` });
    }
  }

  unseen(response: ServerResponse, records: RecordBuffer, offset: number, timestampMs: number): void {
    this.#accept(response, records.orderId(offset), timestampMs);
  }

  unavailable(
    response: ServerResponse,
    records: RecordBuffer,
    offset: number,
    { reason, outcome }: { reason: string; outcome: Outcome },
  ): void {
    sendUnavailable(response, orderIdOf(records, offset), { reason, outcome });
  }

  /** An order id needs no escaping. */
  #accept(response: ServerResponse, orderId: string, timestampMs: number): void {
    sendText(response, 200, `{"status":"ACCEPTED","orderId":"${orderId}${this.#accepted}${timestampMs}}`);
  }

  #refuse(response: ServerResponse, records: RecordBuffer, offset: number, row: number): void {
    const orderId = this.#orderAtFault(records, offset, row);
    const { httpStatus, reason } = wordRefusal(this.#state, row, orderId ?? '');
    sendRefusal(response, { httpStatus, orderId, reason });
  }

  #orderAtFault(records: RecordBuffer, offset: number, row: number): string | null {
    if (records.kind(offset) !== COMMAND.seed) return orderIdOf(records, offset);
    if (this.#state.effects.reason[row] !== REASON.idInUse) return null;
    let at = records.seedOrders(offset);
    for (let index = 0; index < (this.#state.effects.detail[row] ?? 0); index++) at += records.size(at);
    return records.orderId(at);
  }
}

export function sendUnavailable(
  response: ServerResponse,
  orderId: string | null,
  why: { reason: string; outcome: Outcome },
): void {
  sendRefusal(response, { httpStatus: 503, orderId, ...why, headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
}

function orderIdOf(records: RecordBuffer, offset: number): string | null {
  return records.idLength(offset) === 0 ? null : records.orderId(offset);
}
