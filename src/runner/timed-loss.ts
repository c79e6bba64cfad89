/** Loses a shard's server half-way through a phase, by the clock of the load itself, and waits for what comes after it. */
import { messageOf } from '../errors/mex-error.ts';
import { type Phase, phaseDurationMs, type Shard } from '../experiment/cases.ts';
import type { PhaseEvidence } from '../experiment/evidence.ts';
import type { Target } from '../targets/target.ts';

export class TimedLoss {
  readonly #target: Target;
  readonly #shard: Shard;
  readonly #atMs: number;
  readonly #signal: AbortSignal;
  #step: Promise<void> | undefined;
  #isOver = false;
  #found: { means: string; lostMs: number; readyMs: number | null } | null = null;
  /** Why it did not come about, or nothing came after it. */
  failure: string | undefined;

  constructor(target: Target, { phase, shard }: { phase: Phase; shard: Shard }, signal: AbortSignal) {
    this.#target = target;
    this.#shard = shard;
    this.#atMs = phaseDurationMs(phase) / 2;
    this.#signal = signal;
  }

  /** The load has run for so long. */
  at(elapsedMs: number): void {
    if (this.#step === undefined && !this.#isOver && elapsedMs >= this.#atMs) this.#step = this.#lose();
  }

  /** Resolves when the shard is ready again, or it is clear that it will not be. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#step;
    if (this.#step === undefined) this.failure ??= `shard ${this.#shard} was not taken away: the load ended before`;
  }

  /** Undefined: it did not come about. */
  evidence(startedAtMs: number): PhaseEvidence['loss'] {
    if (this.#found === null) return undefined;
    const { means, lostMs, readyMs } = this.#found;
    const since = { fromMs: lostMs - startedAtMs, readyMs: readyMs === null ? null : readyMs - startedAtMs };
    return { shard: this.#shard, means, ...since };
  }

  async #lose(): Promise<void> {
    try {
      if (this.#target.loseShard === undefined) throw new Error(`target ${this.#target.name} cannot lose a shard`);
      const lostMs = Date.now();
      const { means, back } = await this.#target.loseShard(this.#shard, this.#signal);
      this.#found = { means, lostMs, readyMs: null };
      await back();
      this.#found.readyMs = Date.now();
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }
}
