/** Takes the broker away in the middle of a phase, by the clock of the load itself, and gives it back in any case. */
import { messageOf } from '../errors/mex-error.ts';
import type { Phase } from '../experiment/cases.ts';
import type { PhaseEvidence } from '../experiment/evidence.ts';
import { faultWindow } from '../experiment/fault-window.ts';
import type { ActiveFault, Target } from '../targets/target.ts';

export class TimedFault {
  readonly #target: Target;
  readonly #phase: Phase;
  readonly #signal: AbortSignal;
  #step: Promise<void> = Promise.resolve();
  #isAsked = false;
  #isOver = false;
  #active: ActiveFault | null = null;
  #times: { means: string; askedMs: number; beganMs: number; endedMs: number } | null = null;
  /** Why it did not come about, or is not undone. */
  failure: string | undefined;

  constructor(target: Target, phase: Phase, signal: AbortSignal) {
    this.#target = target;
    this.#phase = phase;
    this.#signal = signal;
  }

  /** The load has run for so long. */
  at(elapsedMs: number): void {
    const { fromMs, toMs } = faultWindow(this.#phase);
    if (!this.#isAsked && !this.#isOver && elapsedMs >= fromMs) {
      this.#isAsked = true;
      this.#step = this.#step.then(() => this.#begin());
    }
    if (this.#isAsked && !this.#isOver && elapsedMs >= toMs) void this.end();
  }

  /** Resolves when it is undone. */
  end(): Promise<void> {
    this.#isOver = true;
    this.#step = this.#step.then(() => this.#undo());
    return this.#step;
  }

  /** Undefined: it did not come about. */
  evidence(startedAtMs: number): PhaseEvidence['fault'] {
    const kind = this.#phase.fault;
    if (this.#times === null || kind === undefined) return undefined;
    const { means, askedMs, beganMs, endedMs } = this.#times;
    const sinceStart = (atMs: number): number => atMs - startedAtMs;
    return { kind, means, askedMs: sinceStart(askedMs), fromMs: sinceStart(beganMs), toMs: sinceStart(endedMs) };
  }

  async #begin(): Promise<void> {
    if (this.#phase.fault === undefined) return;
    const askedMs = Date.now();
    try {
      this.#active = await this.#target.beginFault(this.#phase.fault, this.#signal);
      this.#times = { means: this.#active.means, askedMs, beganMs: Date.now(), endedMs: Date.now() };
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }

  async #undo(): Promise<void> {
    const active = this.#active;
    this.#active = null;
    if (active === null || this.#times === null) return;
    this.#times.endedMs = Date.now();
    try {
      await active.end();
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }
}
