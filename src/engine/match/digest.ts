/**
 * A running digest of everything a shard ever did: two replays that agree on it have done the same. It is folded with
 * every effect and every fill, never with slots or hashes, so it does not depend on how the books are stored.
 */
import { type BookStorage, ORDER, ORDER_WORDS } from '../book/book-storage.ts';
import type { Effects } from './effects.ts';

export function foldRow(digest: Uint32Array, effects: Effects, row: number, storage: BookStorage): void {
  const { words } = storage.orders;
  let low = digest[0] ?? 0;
  let high = digest[1] ?? 0;
  low = fold(low, (effects.kind[row] ?? 0) | ((effects.reason[row] ?? 0) << 8));
  low = fold(low, effects.priceCents[row] ?? 0);
  high = fold(high, effects.quantity[row] ?? 0);
  high = fold(high, effects.filled[row] ?? 0);
  low = fold(low, effects.cancelled[row] ?? 0);
  high = fold(high, effects.detail[row] ?? 0);
  const end = effects.fillsEnd[row] ?? 0;
  for (let fill = effects.fillsBegin(row); fill < end; fill++) {
    const maker = (effects.fillMaker[fill] ?? 0) * ORDER_WORDS;
    low = fold(low, effects.fillPriceCents[fill] ?? 0);
    high = fold(high, effects.fillQuantity[fill] ?? 0);
    low = fold(low, words[maker + ORDER.id] ?? 0);
    high = fold(high, words[maker + ORDER.id + 3] ?? 0);
  }
  digest[0] = low ^ (high >>> 7);
  digest[1] = high ^ (low << 9);
}

function fold(lane: number, value: number): number {
  const mixed = Math.imul(lane ^ value, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
