/** Why a command was refused, in the exact and stable words that clients and tests rely on. */
import { ACCOUNTS_MAX } from './accounts.ts';
import { REASON } from './effects.ts';
import type { ShardState } from './shard-state.ts';

export interface WordedRefusal {
  httpStatus: 400 | 404 | 409;
  reason: string;
}

/** @param orderId of the command, or of the seed's order that is at fault */
export function wordRefusal({ effects, symbols }: ShardState, row: number, orderId: string): WordedRefusal {
  const detail = effects.detail[row] ?? 0;
  const price = effects.priceCents[row] ?? 0;
  const quantity = effects.quantity[row] ?? 0;
  switch (effects.reason[row]) {
    case REASON.notResting:
      return { httpStatus: 404, reason: `Order is not resting: ${orderId}` };
    case REASON.idInUse:
      return { httpStatus: 409, reason: `Order id already used with other content: ${orderId}` };
    case REASON.fillOrKill:
      return { httpStatus: 400, reason: `FOK order cannot be filled: ${detail} of ${quantity} available` };
    case REASON.postOnly:
      return { httpStatus: 400, reason: `Post-only order would match at ${detail}` };
    case REASON.belowFilled:
      return {
        httpStatus: 400,
        reason: `Quantity ${quantity} is not above what is filled: ${effects.filled[row] ?? 0}`,
      };
    case REASON.seedCrosses: {
      const symbol = symbols[detail] ?? '';
      return { httpStatus: 400, reason: `Seed would cross the book of ${symbol}: bid ${price}, ask ${quantity}` };
    }
    case REASON.accountsFull:
      return { httpStatus: 400, reason: `Too many accounts: at most ${ACCOUNTS_MAX} are told apart` };
    default:
      throw new Error(`row ${row} is no refusal`);
  }
}
