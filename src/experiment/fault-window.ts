/** When a phase is without its broker. */
import { type Phase, phaseDurationMs } from './cases.ts';

/** When the broker is taken away, and when it is given back: offsets from the phase's start. */
export function faultWindow(phase: Phase): { fromMs: number; toMs: number } {
  const plannedMs = phaseDurationMs(phase);
  return { fromMs: plannedMs / 3, toMs: (plannedMs * 2) / 3 };
}

/**
 * A broker that ends in good order takes seconds to be away: the fault then lasts as much longer, but not so long that it
 * would reach the end of the phase.
 */
export function faultEndMs(phase: Phase, delayMs: number): number {
  return Math.min(faultWindow(phase).toMs + delayMs, phaseDurationMs(phase) * LATEST_END_SHARE);
}

const LATEST_END_SHARE = 5 / 6;
