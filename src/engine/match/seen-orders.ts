/**
 * The answers given to order ids, so that a repeated order is answered like the first time. Bounded: two generations of
 * ids; when the newer is full the older is forgotten, so the last `window` ids at least are always known and twice as
 * many at most. Ids that still rest are known to the book, whatever is forgotten here.
 */
import type { NewOrder } from '../../protocol/orders.ts';

/** At least so many ids are remembered: at 5,000 orders/s, over three minutes of retries. */
export const SEEN_IDS_MIN = 1_000_000;

export interface FirstAnswer {
  order: NewOrder;
  timestampMs: number;
  /** `null`: accepted. */
  refusal: string | null;
}

export class SeenOrders {
  readonly #window: number;
  #newer = new Map<string, FirstAnswer>();
  #older = new Map<string, FirstAnswer>();

  constructor(window: number = SEEN_IDS_MIN) {
    this.#window = window;
  }

  find(orderId: string): FirstAnswer | undefined {
    return this.#newer.get(orderId) ?? this.#older.get(orderId);
  }

  remember(answer: FirstAnswer): void {
    if (this.#newer.size === this.#window) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(answer.order.orderId, answer);
  }

  clear(): void {
    this.#newer = new Map();
    this.#older = new Map();
  }
}

/** Everything but the client's timestamp. */
export function sameContent(left: NewOrder, right: NewOrder): boolean {
  return (
    left.symbol === right.symbol &&
    left.side === right.side &&
    left.type === right.type &&
    left.timeInForce === right.timeInForce &&
    left.postOnly === right.postOnly &&
    left.priceCents === right.priceCents &&
    left.quantity === right.quantity
  );
}
