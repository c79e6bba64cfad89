/** Time, as the engine sees it: it comes in, so that a simulation can put its own in its place. */
export interface Clock {
  /** Epoch milliseconds; may step. */
  nowMs(): number;
  /** Monotonic nanoseconds since an arbitrary start. */
  monotonicNs(): number;
  /** Calls `action` once, `delayMs` from now at the earliest; the process need not live for it. Returns how to call it off. */
  after(delayMs: number, action: () => void): () => void;
  /** Calls `action` when what else arrives in this turn of the event loop has been taken. */
  soon(action: () => void): void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicNs: () => performance.now() * 1e6,
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (action) => {
    setImmediate(action);
  },
};
