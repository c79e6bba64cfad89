import { expect, it } from 'vitest';
import { IdIndex } from '../../../src/engine/book/id-index.ts';
import { seededRandom } from '../../../src/stats/seeded-random.ts';

/** Ids are numbers here; their hashes collide by design. */
class Owner {
  wanted = 0;
  readonly ids: number[] = [0];
  readonly #hash: (id: number) => number;

  constructor(hash: (id: number) => number) {
    this.#hash = hash;
  }

  holdsWanted(slot: number): boolean {
    return this.ids[slot] === this.wanted;
  }

  hashOfSlot(slot: number): number {
    return this.#hash(this.ids[slot] ?? 0);
  }
}

it.each<[string, (id: number) => number]>([
  ['spread out', (id) => Math.imul(id, 0x9e37_79b1)],
  ['seven for all', (id) => id % 7],
  ['at the end of the table', (id) => 0x3ff - (id % 3)],
  ['negative', (id) => -1 - (id % 300)],
])('finds each id, and only those, while it grows and shrinks: hashes %s', (_, hash) => {
  const owner = new Owner(hash);
  const index = new IdIndex(owner, 16, false);
  const random = seededRandom(3);
  const there = new Map<number, number>();
  const find = (id: number): number => {
    owner.wanted = id;
    return index.find(hash(id));
  };
  for (let id = 1; id <= 4_000; id++) {
    const slot = owner.ids.push(id) - 1;
    index.insert(hash(id), slot);
    there.set(id, slot);
    const some = 1 + Math.floor(random() * id);
    expect(find(some)).toBe(there.get(some) ?? 0);
    if (random() < 0.4 && there.has(some)) {
      index.remove(hash(some), there.get(some) ?? 0);
      there.delete(some);
      expect(find(some)).toBe(0);
    }
  }
  for (let id = 1; id <= 4_000; id++) expect(find(id)).toBe(there.get(id) ?? 0);
  index.clear();
  for (let id = 1; id <= 100; id++) expect(find(id)).toBe(0);
});
