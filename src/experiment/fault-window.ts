/** When a phase is without its broker. */
import { type Phase, phaseDurationMs } from './cases.ts';

/** When the broker is taken away, and when it is given back: offsets from the phase's start. */
export function faultWindow(phase: Phase): { fromMs: number; toMs: number } {
  const plannedMs = phaseDurationMs(phase);
  return { fromMs: plannedMs / 3, toMs: (plannedMs * 2) / 3 };
}
