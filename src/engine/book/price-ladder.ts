/**
 * From a price to its level, without a window of prices: a radix tree, 5 bits of the price a node. It is as high as the
 * largest price needs (below 32,768 cents 3 nodes, at 10⁹ 6), so a lookup is that many loads, however many levels there
 * are and however far apart. A node has a bit for each child that is there, which finds the next lower price without a
 * search. Empty nodes are freed.
 */
import type { Arena } from './arena.ts';

const BITS = 5;
const FANOUT_MASK = 31;
const NODE_WORDS = 33;
/** 6 × 5 bits hold 10⁹. */
const HEIGHT_MAX = 6;

export class PriceLadder {
  readonly #nodes: Arena;
  readonly #path = new Int32Array(HEIGHT_MAX);
  #root = 0;
  #height = 0;

  constructor(nodes: Arena) {
    this.#nodes = nodes;
  }

  /** The level at this price; 0: none. */
  at(price: number): number {
    if (price >>> (BITS * this.#height) !== 0 || this.#root === 0) return 0;
    const { words } = this.#nodes;
    let node = this.#root;
    for (let shift = BITS * (this.#height - 1); shift > 0; shift -= BITS) {
      node = words[childOf(node, price >>> shift)] ?? 0;
      if (node === 0) return 0;
    }
    return words[childOf(node, price)] ?? 0;
  }

  /** The level at the highest price below this one; 0: none. */
  below(price: number): number {
    if (this.#root === 0) return 0;
    if (price >>> (BITS * this.#height) !== 0) return this.#highest(this.#root, BITS * (this.#height - 1), -1);
    const { words } = this.#nodes;
    let forkNode = 0;
    let forkShift = 0;
    let forkBits = 0;
    let node = this.#root;
    for (let shift = BITS * (this.#height - 1); shift >= 0 && node !== 0; shift -= BITS) {
      const lower = (words[node * NODE_WORDS] ?? 0) & ((1 << ((price >>> shift) & FANOUT_MASK)) - 1);
      if (lower !== 0) {
        forkNode = node;
        forkShift = shift;
        forkBits = lower;
      }
      node = words[childOf(node, price >>> shift)] ?? 0;
    }
    return forkNode === 0 ? 0 : this.#highest(forkNode, forkShift, forkBits);
  }

  /** Puts a level where none is. */
  insert(price: number, level: number): void {
    const nodes = this.#nodes;
    if (this.#root === 0) {
      this.#root = this.#newNode();
      this.#height = 1;
      while (price >>> (BITS * this.#height) !== 0) this.#height++;
    }
    while (price >>> (BITS * this.#height) !== 0) this.#growHigher();
    let node = this.#root;
    for (let shift = BITS * (this.#height - 1); shift > 0; shift -= BITS) {
      let child = nodes.words[childOf(node, price >>> shift)] ?? 0;
      if (child === 0) {
        child = this.#newNode();
        this.#put(node, price >>> shift, child);
      }
      node = child;
    }
    this.#put(node, price, level);
  }

  /** Takes the level at this price away. */
  remove(price: number): void {
    const { words } = this.#nodes;
    let node = this.#root;
    for (let depth = 0; depth < this.#height; depth++) {
      this.#path[depth] = node;
      node = words[childOf(node, price >>> (BITS * (this.#height - 1 - depth)))] ?? 0;
    }
    for (let depth = this.#height - 1; depth >= 0; depth--) {
      const parent = this.#path[depth] ?? 0;
      const index = price >>> (BITS * (this.#height - 1 - depth));
      words[childOf(parent, index)] = 0;
      const left = (words[parent * NODE_WORDS] ?? 0) & ~(1 << (index & FANOUT_MASK));
      words[parent * NODE_WORDS] = left;
      if (left !== 0) return;
      this.#nodes.free(parent);
    }
    this.#root = 0;
    this.#height = 0;
  }

  /** Forgets all levels, when the arena itself is cleared. */
  clear(): void {
    this.#root = 0;
    this.#height = 0;
  }

  #highest(from: number, fromShift: number, among: number): number {
    const { words } = this.#nodes;
    let node = from;
    let bits = among & (words[from * NODE_WORDS] ?? 0);
    for (let shift = fromShift; ; shift -= BITS) {
      node = words[childOf(node, 31 - Math.clz32(bits))] ?? 0;
      if (shift === 0) return node;
      bits = words[node * NODE_WORDS] ?? 0;
    }
  }

  #growHigher(): void {
    this.#height++;
    const root = this.#newNode();
    this.#put(root, 0, this.#root);
    this.#root = root;
  }

  #put(node: number, index: number, child: number): void {
    const { words } = this.#nodes;
    words[childOf(node, index)] = child;
    words[node * NODE_WORDS] = (words[node * NODE_WORDS] ?? 0) | (1 << (index & FANOUT_MASK));
  }

  #newNode(): number {
    const node = this.#nodes.allocate();
    this.#nodes.words.fill(0, node * NODE_WORDS, (node + 1) * NODE_WORDS);
    return node;
  }
}

/** Where the child for the lowest bits of `index` stands. */
function childOf(node: number, index: number): number {
  return node * NODE_WORDS + 1 + (index & FANOUT_MASK);
}
