/** The load driver that comes with mex: an open-loop generator in a process of its own. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { LoadDriver, LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { evidenceOfCounts } from '../load-recorder.ts';
import { seedBooks } from '../seed-books.ts';
import { runGeneratorChild } from './generator-child.ts';
import type { Checkpoint } from './generator-messages.ts';

export interface EmbeddedDriverOptions {
  /** Path of the program that generates; for tests. */
  generatorEntry?: string;
}

export class EmbeddedDriver implements LoadDriver {
  readonly name = 'embedded';
  readonly #generatorEntry: string;

  constructor({ generatorEntry = defaultEntry() }: EmbeddedDriverOptions = {}) {
    this.#generatorEntry = generatorEntry;
  }

  async seed(plan: LoadPlan, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await seedBooks(plan, signal);
  }

  async run(plan: LoadPlan, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadRun> {
    signal.throwIfAborted();
    const entry = this.#generatorEntry;
    const onCheckpoint = ({ progress }: Checkpoint): void => onProgress(progress);
    const end = await runGeneratorChild({ entry, plan, signal, onCheckpoint });
    if ('run' in end) return end.run;
    if (end.lastCheckpoint !== undefined) return runOfTheDead(end.lastCheckpoint, end.reason);
    signal.throwIfAborted();
    throw new MexError(`No load was sent: ${end.reason}`, { code: 'GENERATOR_FAILED', exit: EXIT.environment });
  }
}

/** The same kind of file as this one: `.js` in `dist`, `.ts` in `src`. */
function defaultEntry(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./generator-main${extension}`, import.meta.url));
}

/** What its last words tell: counts, up to a second old, and no times. */
function runOfTheDead({ startedAtMs, cpuMs, counts, progress }: Checkpoint, reason: string): LoadRun {
  return {
    startedAtMs,
    endedAtMs: Math.round(startedAtMs + progress.elapsedMs),
    evidence: evidenceOfCounts(counts),
    generator: { cpuMs },
    brokenOff: `${reason}; of what it measured only the counts are left`,
  };
}
