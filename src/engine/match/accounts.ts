/** Accounts by number, so that an order holds four bytes of one. 0 is no account. */

/** Each takes memory until the next reset. */
export const ACCOUNTS_MAX = 65_535;

export class Accounts {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [''];

  /** The account's number, a new one for a new account; -1 when there are too many. */
  numberOf(name: string): number {
    if (name === '') return 0;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#names.length > ACCOUNTS_MAX) return -1;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(number: number): string {
    return this.#names[number] ?? '';
  }

  get names(): readonly string[] {
    return this.#names;
  }

  clear(): void {
    this.#numbers.clear();
    this.#names.length = 1;
  }
}
