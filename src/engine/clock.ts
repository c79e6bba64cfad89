/** The two clocks of the engine: one to tell the time, one to measure with. */
export interface Clock {
  /** Epoch milliseconds; may step. */
  nowMs(): number;
  /** Monotonic nanoseconds since an arbitrary start. */
  monotonicNs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicNs: () => performance.now() * 1e6,
};
