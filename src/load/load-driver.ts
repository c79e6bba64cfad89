/**
 * Sends one phase's load, in a process of its own, on the open model: an order leaves when it is due, whatever became
 * of those before it.
 */
import type { LoadEvidence } from '../experiment/evidence.ts';
import type { LoadPlan } from './load-plan.ts';

export type { LoadPlan } from './load-plan.ts';

/** About once a second, for the person who waits. */
export interface LoadProgress {
  elapsedMs: number;
  plannedMs: number;
  sent: number;
  failed: number;
  ratePerSecond: number;
  p99Ms: number | null;
}

export type LoadCounts = Pick<
  LoadEvidence,
  'scheduled' | 'sent' | 'dropped' | 'late' | 'accepted' | 'refused' | 'unknown'
>;

export interface LoadRun {
  /** Epoch milliseconds: the first order was due, the last answer was in. */
  startedAtMs: number;
  endedAtMs: number;
  evidence: LoadEvidence;
  /** CPU time that the generator took of this machine; null: it ran elsewhere, or that is not known. */
  generator: { cpuMs: number | null };
  /** Set when the load did not come to its end. */
  brokenOff?: string;
}

export interface LoadDriver {
  readonly name: 'embedded' | 'k6';
  /** Puts the phase's asks into empty books. */
  seed(plan: LoadPlan, signal: AbortSignal): Promise<void>;
  /** Resolves also when aborted, with what was measured so far; rejects only when nothing was. */
  run(plan: LoadPlan, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadRun>;
}
