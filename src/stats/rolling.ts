/** A rate over a window that slides along a counter, and how long it stays below a mark. */
import { type CounterSeries, gainOf } from './counter-series.ts';

const STEP_MS = 1_000;

export interface RollingQuestion {
  /** Length of the window that slides. */
  windowMs: number;
  /** The first window starts at 0, the last ends here. */
  toMs: number;
  /** Gain of a window that is enough. */
  gainMin: number;
}

export interface RollingAnswer {
  lowestGain: number;
  /** The longest time without interruption for which the gain was too low, in steps of a second. */
  longestBelowMs: number;
}

export function rollingGain(counters: readonly CounterSeries[], question: RollingQuestion): RollingAnswer {
  const { windowMs, toMs, gainMin } = question;
  const answer = { lowestGain: Number.POSITIVE_INFINITY, longestBelowMs: 0 };
  let belowMs = 0;
  for (let endMs = windowMs; endMs <= toMs; endMs += STEP_MS) {
    const gain = gainOf(counters, endMs - windowMs, endMs);
    belowMs = gain < gainMin ? belowMs + STEP_MS : 0;
    answer.lowestGain = Math.min(answer.lowestGain, gain);
    answer.longestBelowMs = Math.max(answer.longestBelowMs, belowMs);
  }
  return answer;
}
