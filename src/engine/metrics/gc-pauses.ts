/** Watches garbage collection: every pause, not just the first of each report, and the longest of the last minute. */
import { PerformanceObserver } from 'node:perf_hooks';

const WINDOW_SECONDS = 60;

/** The largest of the values of the last minute, kept a second each: bounded, however many there are. */
export class MaxOfLastMinute {
  readonly #maxima = new Float64Array(WINDOW_SECONDS);
  readonly #seconds = new Float64Array(WINDOW_SECONDS).fill(-1);

  record(value: number, nowSeconds: number): void {
    const second = Math.floor(nowSeconds);
    const at = second % WINDOW_SECONDS;
    const isSame = this.#seconds[at] === second;
    this.#maxima[at] = isSame ? Math.max(this.#maxima[at] ?? 0, value) : value;
    this.#seconds[at] = second;
  }

  /** 0 where there was none. */
  at(nowSeconds: number): number {
    const oldest = Math.floor(nowSeconds) - WINDOW_SECONDS;
    let max = 0;
    for (const [at, second] of this.#seconds.entries()) {
      if (second >= 0 && second > oldest) max = Math.max(max, this.#maxima[at] ?? 0);
    }
    return max;
  }
}

/** Returns how to stop watching. */
export function watchGarbageCollection(onPause: (seconds: number) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) onPause(duration / 1e3);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
