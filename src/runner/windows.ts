/** Which stretches of a phase are judged each on its own. Offsets in milliseconds from the phase's start. */
import { SETTLE_MS, SETTLE_SHARE, WINDOW_MS } from '../experiment/criteria.ts';

export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Whole windows after the settling part; a phase too short for one is judged as one window. */
export function steadyWindows(durationMs: number): Stretch[] {
  const settledMs = Math.min(SETTLE_MS, durationMs * SETTLE_SHARE);
  const windows: Stretch[] = [];
  for (let fromMs = settledMs; fromMs + WINDOW_MS <= durationMs; fromMs += WINDOW_MS) {
    windows.push({ fromMs, toMs: fromMs + WINDOW_MS });
  }
  return windows.length > 0 ? windows : [{ fromMs: settledMs, toMs: durationMs }];
}
