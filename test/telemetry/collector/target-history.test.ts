import { expect, test } from 'vitest';
import { dumpLines } from '../../../src/telemetry/collector/dump-lines.ts';
import { KEPT_MS, TargetHistory } from '../../../src/telemetry/collector/target-history.ts';
import { parseExposition } from '../../../src/telemetry/exposition-format.ts';

const ALWAYS = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
const text = (matches: number, low: number, high: number): string =>
  [
    `me_matches_total{shard="a"} ${matches}`,
    '# TYPE h histogram',
    `h_bucket{le="1"} ${low}`,
    `h_bucket{le="+Inf"} ${low + high}`,
    `h_sum ${low + 2 * high}`,
    `h_count ${low + high}`,
  ].join('\n');

/** Scrapes at 1000, 2000, … with these contents; a string is a failure. */
function historyOf(...scrapes: (string | [number, number, number])[]): TargetHistory {
  const history = new TargetHistory();
  scrapes.forEach((scrape, index) => {
    const atMs = (index + 1) * 1_000;
    if (typeof scrape === 'string') history.addFailed(atMs, 1, scrape);
    else history.addScraped(atMs, 1, parseExposition(text(...scrape)));
  });
  return history;
}
const matchesOf = (history: TargetHistory, fromMs: number, toMs: number): [number, number][] => {
  const [series] = history.find('me_matches_total', { shard: 'a' });
  return history.samples(series?.id ?? -1, { fromMs, toMs }).map(({ atMs, value }) => [atMs, value]);
};

test('samples are the last one at or before the start, then all within, both ends included', () => {
  const history = historyOf([1, 0, 0], [2, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]);
  const rows: [number, number, number[]][] = [
    [2_500, 4_000, [2_000, 3_000, 4_000]],
    [2_000, 3_000, [2_000, 3_000]],
    [0, 1_500, [1_000]],
    [5_001, 9_000, []],
    [2_100, 2_900, []],
  ];
  for (const [fromMs, toMs, expected] of rows) {
    expect(matchesOf(history, fromMs, toMs).map(([atMs]) => atMs)).toEqual(expected);
  }
});

test('an unchanged value has a sample at each scrape, a failed scrape has none, a reset is seen', () => {
  const history = historyOf([5, 0, 0], [5, 0, 0], 'connect ECONNREFUSED', [0, 0, 0]);
  expect(matchesOf(history, 0, 9_000)).toEqual([
    [1_000, 5],
    [2_000, 5],
    [4_000, 0],
  ]);
  expect(history.scrapes(ALWAYS).map(({ failed }) => failed)).toEqual([
    undefined,
    undefined,
    'connect ECONNREFUSED',
    undefined,
  ]);
});

test('a series that vanishes has no samples until it is back', () => {
  const history = historyOf([5, 1, 1]);
  history.addScraped(2_000, 1, parseExposition('other 1\n'));
  history.addScraped(3_000, 1, parseExposition(text(5, 1, 1)));
  expect(matchesOf(history, 0, 9_000).map(([atMs]) => atMs)).toEqual([1_000, 3_000]);
  const [series] = history.find('h', {});
  expect(history.histogram(series?.id ?? -1, ALWAYS).samples.map(({ counts }) => counts)).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test('histograms are rebuilt from their changes, also after a restart', () => {
  const history = historyOf([0, 1, 0], [0, 1, 2], [0, 0, 0], [0, 3, 0]);
  const [series] = history.find('h', {});
  const { bounds, samples } = history.histogram(series?.id ?? -1, ALWAYS);
  expect(bounds).toEqual([1]);
  expect(samples.map(({ counts, count, sum }) => [counts, count, sum])).toEqual([
    [[1, 0], 1, 1],
    [[1, 2], 3, 5],
    [[0, 0], 0, 0],
    [[3, 0], 3, 3],
  ]);
});

test('what is too old is forgotten, and what came after it still holds', () => {
  const history = historyOf([5, 1, 1], [5, 1, 1]);
  const lateMs = 1_500 + KEPT_MS;
  history.addScraped(lateMs, 1, parseExposition(text(5, 1, 3)));
  expect(matchesOf(history, 0, lateMs)).toEqual([
    [2_000, 5],
    [lateMs, 5],
  ]);
  const [series] = history.find('h', {});
  expect(history.histogram(series?.id ?? -1, ALWAYS).samples.map(({ counts }) => counts)).toEqual([
    [1, 1],
    [1, 3],
  ]);
});

test('only changes are kept', () => {
  const history = historyOf([5, 1, 1], [5, 1, 1], [6, 1, 2]);
  const changes = history.scrapes(ALWAYS).map(({ v, h, gone }) => [v, h, gone]);
  expect(changes).toEqual([
    [[0, 5], [[1, 3, 0, 1, 1, 1]], []],
    [[], [], []],
    [[0, 6], [[1, 5, 1, 2]], []],
  ]);
});

test('the dump of a window can be read alone', () => {
  const history = historyOf([5, 1, 1], 'down', [5, 1, 1], [6, 1, 2]);
  const lines = [...dumpLines(new Map([['engine-a', history]]), { fromMs: 2_000, toMs: 4_000 })];
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { series: 0, target: 'engine-a', metric: 'me_matches_total', labels: { shard: 'a' } },
    { series: 1, target: 'engine-a', metric: 'h', labels: {}, bounds: [1] },
    { target: 'engine-a', atMs: 2_000, tookMs: 1, failed: 'down' },
    { target: 'engine-a', atMs: 3_000, tookMs: 1, v: [0, 5], h: [[1, 3, 0, 1, 1, 1]], gone: [] },
    { target: 'engine-a', atMs: 4_000, tookMs: 1, v: [0, 6], h: [[1, 5, 1, 2]], gone: [] },
  ]);
});
