/**
 * A window of scrapes as lines of JSON that can be read alone (`metrics.jsonl` of a run). Per process:
 *
 *   {"series":3,"target":"engine-a","metric":"me_matches_total","labels":{"shard":"a"}}
 *   {"series":7,"target":"engine-a","metric":"…_seconds","labels":{…},"bounds":[0.001,0.005]}
 *   {"target":"engine-a","atMs":1700000000000,"tookMs":3,"v":[3,120],"h":[[7,0.25,0,118,2,2]],"gone":[]}
 *   {"target":"engine-a","atMs":1700000001000,"tookMs":800,"failed":"no answer within 800 ms"}
 *
 * `v` is `series, value, …`; an entry of `h` is `series, sum, bucket, observations, …`, buckets counted from 0 and not
 * cumulated. A series keeps what it held until a later line changes it or names it in `gone`; the first scrape that
 * succeeded holds everything. Values that JSON cannot say are the strings "NaN", "+Inf" and "-Inf".
 */
import type { Window } from '../metrics-source.ts';
import type { ScrapeRecord, TargetHistory } from './target-history.ts';

export function* dumpLines(histories: ReadonlyMap<string, TargetHistory>, window: Window): Generator<string> {
  for (const [target, history] of histories) {
    let first = true;
    for (const record of history.standalone(window)) {
      if (first) yield* history.series.map(({ id, ...info }) => JSON.stringify({ series: id, target, ...info }));
      first = false;
      yield scrapeLine(target, record);
    }
  }
}

function scrapeLine(target: string, { atMs, tookMs, failed, v, h, gone }: ScrapeRecord): string {
  const what = failed === undefined ? { v, h, gone } : { failed };
  return JSON.stringify({ target, atMs, tookMs, ...what }, spelled);
}

/** JSON has no word for numbers that are not finite, and would write null. */
export function spelled(_: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The number again. */
export function numberFromSpelled(value: number | string): number {
  if (typeof value === 'number') return value;
  return Number(value.replace('Inf', 'Infinity'));
}
