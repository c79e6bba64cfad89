/**
 * Three streams of commands, the same for every book: ids of 36 characters, prices around 15,000 cents, quantities of 10
 * to 199. A move changes the price of an order that rests, on its own side of the market, so that no book has to say what
 * it does with a move that would trade.
 */
import { type Random, randomInteger, seededRandom } from '../../src/stats/seeded-random.ts';

export interface Order {
  do: 'place' | 'move' | 'cancel';
  id: string;
  isSell: boolean;
  priceCents: number;
  quantity: number;
}

export const MIXES = {
  buys: '64 % buys, asks topped up',
  moves: '82 % moves',
  cancels: '45 % cancels',
} as const;
export type MixName = keyof typeof MIXES;

export function mixOf(name: MixName, count: number, seed: number): Order[] {
  const random = seededRandom(seed);
  const list: Order[] = [];
  const live: Order[] = [];
  const place = (isSell: boolean, priceCents: number): void => {
    const quantity = randomInteger(random, 10, 199);
    const order: Order = { do: 'place', id: uuid(random), isSell, priceCents, quantity };
    list.push(order);
    live.push(order);
  };
  const any = (among: number): Order | undefined => live[randomInteger(random, 0, Math.min(live.length, among) - 1)];
  while (list.length < count) {
    if (name === 'buys') {
      if (random() < 0.64) place(false, buyPrice(random));
      else place(true, 15_000 + randomInteger(random, 1, 50));
    } else if (name === 'moves') {
      const moved = live.length > 1_000 && random() < 0.82 ? any(live.length) : undefined;
      const isSell = moved?.isSell ?? random() < 0.5;
      const priceCents = isSell ? 15_001 + randomInteger(random, 0, 99) : 14_999 - randomInteger(random, 0, 99);
      if (moved === undefined) place(isSell, priceCents);
      else list.push({ ...moved, do: 'move', priceCents });
    } else if (random() < 0.45 && live.length > 0) {
      const cancelled = live.splice(randomInteger(random, 0, Math.min(live.length, 64) - 1), 1)[0];
      if (cancelled !== undefined) list.push({ ...cancelled, do: 'cancel' });
    } else if (random() < 0.5) place(false, buyPrice(random));
    else place(true, 15_000 + randomInteger(random, 1, 200));
  }
  return list;
}

/** 60 % reach into the asks, as in the experiment. */
function buyPrice(random: Random): number {
  return random() < 0.6 ? 15_000 + randomInteger(random, 0, 99) : 14_800 - randomInteger(random, 0, 99);
}

/** As one piece of text: glued from parts it would be slow to read, for every book. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return Buffer.from(parts.join('-')).toString('latin1');
}
