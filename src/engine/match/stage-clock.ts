/** Measures the parts of a match. It decides nothing: a replay does without. */
export interface StageClock {
  /** Monotonic nanoseconds since an arbitrary start. */
  monotonicNs(): number;
}

export const noStageClock: StageClock = { monotonicNs: () => 0 };
