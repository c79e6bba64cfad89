/** The lines of a smoke check: each is run once, and none of them ends the others. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';

export interface SmokeCheck {
  name: string;
  ok: boolean;
  /** What was found; for a check that could not run, why. */
  found: string;
  /** It was not looked at. Not `ok` where another one's failure is the reason. */
  skipped?: boolean;
}

/** `work` resolves with what was found, and throws what is wrong. */
export interface SmokeStep {
  name: string;
  work(): Promise<string>;
}

export class SmokeChecks {
  readonly all: SmokeCheck[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws only the signal's reason. @returns whether it holds */
  async run(name: string, work: SmokeStep['work']): Promise<boolean> {
    this.#signal.throwIfAborted();
    try {
      this.all.push({ name, ok: true, found: await work() });
      return true;
    } catch (thrown) {
      this.#signal.throwIfAborted();
      this.all.push({ name, ok: false, found: messageOf(thrown) });
      return false;
    }
  }

  /** Steps that stand on each other: behind the first that fails, none is tried. */
  async runInOrder(steps: readonly SmokeStep[]): Promise<void> {
    let failed: string | undefined;
    for (const { name, work } of steps) {
      if (failed !== undefined) this.all.push({ name, ok: false, skipped: true, found: `not tried: ${failed}` });
      else if (!(await this.run(name, work))) failed = `"${name}" failed`;
    }
  }

  /** Nobody asked for it, or there is nothing to look at. */
  skip(name: string, why: string): void {
    this.all.push({ name, ok: true, skipped: true, found: why });
  }
}

export function smokeFailure(message: string): MexError {
  return new MexError(message, { code: 'SMOKE', exit: EXIT.criterionFailed });
}
