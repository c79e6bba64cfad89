/**
 * Calls back for each due time when it has come, whatever the callback of an earlier one led to.
 *
 * Node's timers count whole milliseconds and fire up to one late. So the timer is set to the millisecond before the
 * due time, and the rest, under 1 ms, is passed turning the event loop (`setImmediate`), which keeps serving answers.
 */
export interface Clock {
  /** Milliseconds from the phase's start, monotonic, with fractions; negative before it. */
  nowMs(): number;
}

/** Longest sleep, so that a stop is noticed soon also in a long silence. */
const SLEEP_MS_MAX = 100;

/** Resolves when every due time was called back, or soon after the signal. `dueMs` must be ascending. */
export async function pace(
  arrivals: readonly { dueMs: number }[],
  clock: Clock,
  signal: AbortSignal,
  onDue: (index: number) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let next = 0;
  const turn = (): void => {
    try {
      while (!signal.aborted && (arrivals[next]?.dueMs ?? Number.POSITIVE_INFINITY) <= clock.nowMs()) onDue(next++);
    } catch (thrown) {
      reject(thrown);
      return;
    }
    const arrival = arrivals[next];
    if (arrival === undefined || signal.aborted) {
      resolve();
      return;
    }
    const sleepMs = Math.min(SLEEP_MS_MAX, Math.floor(arrival.dueMs - clock.nowMs()) - 1);
    if (sleepMs >= 1) setTimeout(turn, sleepMs);
    else setImmediate(turn);
  };
  turn();
  await promise;
}
