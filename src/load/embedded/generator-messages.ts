/** What mex and the generator's process tell each other. */
import type { LoadCounts, LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';

export type ToGenerator = { type: 'start'; plan: LoadPlan } | { type: 'stop' };

export type FromGenerator =
  | ({ type: 'checkpoint' } & Checkpoint)
  | { type: 'finished'; run: LoadRun }
  | { type: 'failed'; message: string };

/** At the start and about once a second: small enough not to disturb, and all that is left if the process dies. */
export interface Checkpoint {
  startedAtMs: number;
  cpuMs: number;
  counts: LoadCounts;
  progress: LoadProgress;
}
