/**
 * A counter as it was scraped: `[offsetMs, value]`, ascending, counted from zero at offset 0.
 * Between two scrapes it is taken to grow evenly; after the last one it stands still, so nothing is made up.
 */
export type CounterSeries = readonly (readonly [offsetMs: number, value: number])[];

export function valueAt(series: CounterSeries, offsetMs: number): number {
  let [beforeMs, before] = [0, 0];
  for (const [atMs, value] of series) {
    if (atMs > offsetMs) {
      return atMs <= beforeMs ? before : before + ((value - before) * (offsetMs - beforeMs)) / (atMs - beforeMs);
    }
    [beforeMs, before] = [atMs, value];
  }
  return before;
}

/** What several counters gained together. */
export function gainOf(counters: readonly CounterSeries[], fromMs: number, toMs: number): number {
  return counters.reduce((sum, series) => sum + valueAt(series, toMs) - valueAt(series, fromMs), 0);
}

/** Mean rate a minute of each of `batches` equal parts of a stretch. */
export function ratesPerMinute(
  counters: readonly CounterSeries[],
  { fromMs, toMs, batches }: { fromMs: number; toMs: number; batches: number },
): number[] {
  const lengthMs = (toMs - fromMs) / batches;
  return Array.from({ length: batches }, (_, index) => {
    const startMs = fromMs + index * lengthMs;
    return (gainOf(counters, startMs, startMs + lengthMs) * 60_000) / lengthMs;
  });
}
