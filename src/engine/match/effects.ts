/**
 * What a batch of commands did, in arrays that are used again for the next batch: one row a command, in their order, and
 * one row a fill. The books have moved on by the time a row is read, so a row says everything an answer needs; the
 * table of orders only adds what never changes (id, account, side). `price`, `quantity` and `filled` are the order's own
 * right after its command, except where a reason says otherwise.
 */

export const EFFECT = { accepted: 1, repeated: 2, refused: 3, cancelled: 4, amended: 5, seeded: 6, reset: 7 };

export const REASON = {
  none: 0,
  /** Cancel, amend: 404. */
  notResting: 1,
  /** 409. A seed: `detail` is the index of its order. */
  idInUse: 2,
  /** 400; `detail` is what could be filled at once. */
  fillOrKill: 3,
  /** 400; `detail` is the opposite price it would match at. */
  postOnly: 4,
  /** 400; the row's order has been filled to `filled` already. */
  belowFilled: 5,
  /** 400; `detail` is the symbol, `price` the bid, `quantity` the ask. */
  seedCrosses: 6,
  /** 400: no more different accounts are told apart. */
  accountsFull: 7,
};

const ROWS_FIRST = 1024;

export class Effects {
  count = 0;
  fillCount = 0;
  kind = new Uint8Array(ROWS_FIRST);
  reason = new Uint8Array(ROWS_FIRST);
  /** Slot in the table of orders; -1 where the row has none. */
  order = new Int32Array(ROWS_FIRST);
  priceCents = new Int32Array(ROWS_FIRST);
  /** The order's total; of a seed the number of its orders. */
  quantity = new Int32Array(ROWS_FIRST);
  filled = new Int32Array(ROWS_FIRST);
  /** What was taken off: by a cancel, or of an order that may not rest. */
  cancelled = new Int32Array(ROWS_FIRST);
  detail = new Int32Array(ROWS_FIRST);
  /** Its fills end before this one; they begin where those of the row before end. */
  fillsEnd = new Int32Array(ROWS_FIRST);
  /** Epoch milliseconds; of a repeated order those of the first time. */
  timestampMs = new Float64Array(ROWS_FIRST);
  matchingNs = new Float64Array(ROWS_FIRST);
  /** NaN where nothing came to rest. */
  insertionNs = new Float64Array(ROWS_FIRST);

  fillMaker = new Int32Array(ROWS_FIRST);
  fillPriceCents = new Int32Array(ROWS_FIRST);
  fillQuantity = new Int32Array(ROWS_FIRST);

  clear(): void {
    this.count = 0;
    this.fillCount = 0;
  }

  fillsBegin(row: number): number {
    return row === 0 ? 0 : (this.fillsEnd[row - 1] ?? 0);
  }

  /** A new row, empty but for its time. */
  addRow(kind: number, timestampMs: number): number {
    if (this.count === this.kind.length) this.#growRows();
    const row = this.count++;
    this.kind[row] = kind;
    this.reason[row] = REASON.none;
    this.order[row] = -1;
    this.priceCents[row] = 0;
    this.quantity[row] = 0;
    this.filled[row] = 0;
    this.cancelled[row] = 0;
    this.detail[row] = 0;
    this.fillsEnd[row] = this.fillCount;
    this.timestampMs[row] = timestampMs;
    this.matchingNs[row] = 0;
    this.insertionNs[row] = Number.NaN;
    return row;
  }

  /** A fill of the newest row. */
  addFill(maker: number, priceCents: number, quantity: number): void {
    if (this.fillCount === this.fillMaker.length) this.#growFills();
    const fill = this.fillCount++;
    this.fillMaker[fill] = maker;
    this.fillPriceCents[fill] = priceCents;
    this.fillQuantity[fill] = quantity;
    this.fillsEnd[this.count - 1] = this.fillCount;
  }

  #growRows(): void {
    this.kind = twice(this.kind, Uint8Array);
    this.reason = twice(this.reason, Uint8Array);
    this.order = twice(this.order, Int32Array);
    this.priceCents = twice(this.priceCents, Int32Array);
    this.quantity = twice(this.quantity, Int32Array);
    this.filled = twice(this.filled, Int32Array);
    this.cancelled = twice(this.cancelled, Int32Array);
    this.detail = twice(this.detail, Int32Array);
    this.fillsEnd = twice(this.fillsEnd, Int32Array);
    this.timestampMs = twice(this.timestampMs, Float64Array);
    this.matchingNs = twice(this.matchingNs, Float64Array);
    this.insertionNs = twice(this.insertionNs, Float64Array);
  }

  #growFills(): void {
    this.fillMaker = twice(this.fillMaker, Int32Array);
    this.fillPriceCents = twice(this.fillPriceCents, Int32Array);
    this.fillQuantity = twice(this.fillQuantity, Int32Array);
  }
}

function twice<Numbers extends Uint8Array | Int32Array | Float64Array>(
  numbers: Numbers,
  type: new (length: number) => Numbers,
): Numbers {
  const grown = new type(numbers.length * 2);
  grown.set(numbers);
  return grown;
}
