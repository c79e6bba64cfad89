/** When a phase is without its broker. */
import { type Phase, phaseDurationMs } from './cases.ts';

/**
 * When the broker is taken away, and when it is given back: offsets from the phase's start. What follows is long enough to
 * see the events arrive, and no longer: a p99 is known the better, the more latencies there are without the broker.
 */
export function faultWindow(phase: Phase): { fromMs: number; toMs: number } {
  const plannedMs = phaseDurationMs(phase);
  return { fromMs: plannedMs / 3, toMs: (plannedMs * 5) / 6 };
}

/** A broker that ends in good order takes seconds to be away; for half of that time it must be away all the same. */
export function awayMsMin(phase: Phase): number {
  const { fromMs, toMs } = faultWindow(phase);
  return (toMs - fromMs) / 2;
}
