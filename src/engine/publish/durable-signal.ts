/** The sequence up to which the log is durable, told from the engine's thread to the publisher's without a message. */
import { setTimeout as sleep } from 'node:timers/promises';

const BYTES = 16;

export class DurableSignal {
  readonly memory: SharedArrayBuffer;
  readonly #sequence: BigInt64Array;
  readonly #rings: Int32Array;

  /** @param memory of the signal's other end */
  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.#sequence = new BigInt64Array(memory, 0, 1);
    this.#rings = new Int32Array(memory, 8, 1);
  }

  get sequence(): number {
    return Number(Atomics.load(this.#sequence, 0));
  }

  tell(sequence: number): void {
    Atomics.store(this.#sequence, 0, BigInt(sequence));
    Atomics.add(this.#rings, 0, 1);
    Atomics.notify(this.#rings, 0);
  }

  /** True when more than `sequence` is durable, at once or within the time. */
  async beyond(sequence: number, withinMs: number): Promise<boolean> {
    const rings = Atomics.load(this.#rings, 0);
    if (this.sequence > sequence) return true;
    const waiting = Atomics.waitAsync(this.#rings, 0, rings, withinMs);
    if (waiting.async) {
      // A pending wait keeps no thread alive by itself.
      const alive = new AbortController();
      const timer = sleep(withinMs, undefined, { signal: alive.signal }).catch(() => undefined);
      await Promise.race([waiting.value, timer]);
      alive.abort();
    }
    return this.sequence > sequence;
  }
}
