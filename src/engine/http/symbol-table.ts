/** From the bytes of a symbol to its number, without making a string of them. */
const SLOTS_PER_SYMBOL = 4;

export class SymbolTable {
  readonly symbols: readonly string[];
  readonly #names: readonly Buffer[];
  /** Numbers plus one, at the place of their hash or behind it. */
  readonly #slots: Uint16Array;

  constructor(symbols: readonly string[]) {
    this.symbols = symbols;
    this.#names = symbols.map((symbol) => Buffer.from(symbol));
    this.#slots = new Uint16Array(2 ** Math.ceil(Math.log2(symbols.length * SLOTS_PER_SYMBOL + 1)));
    for (const [number, name] of this.#names.entries()) {
      let at = hashOf(name, name.length) & (this.#slots.length - 1);
      while (this.#slots[at] !== 0) at = (at + 1) & (this.#slots.length - 1);
      this.#slots[at] = number + 1;
    }
  }

  /** -1: not one of them. */
  find(bytes: Uint8Array, length: number): number {
    const mask = this.#slots.length - 1;
    for (let at = hashOf(bytes, length) & mask; ; at = (at + 1) & mask) {
      const number = (this.#slots[at] ?? 0) - 1;
      if (number < 0 || isSame(this.#names[number], bytes, length)) return number;
    }
  }

  numberOf(symbol: string): number {
    return this.symbols.indexOf(symbol);
  }
}

export function isSame(name: Uint8Array | undefined, bytes: Uint8Array, length: number): boolean {
  if (name === undefined || name.length !== length) return false;
  for (let index = 0; index < length; index++) if (name[index] !== bytes[index]) return false;
  return true;
}

function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0;
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x0100_0193);
  return hash ^ (hash >>> 15);
}
