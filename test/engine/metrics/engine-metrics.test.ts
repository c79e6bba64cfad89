import { describe, expect, it } from 'vitest';
import { DurationCounts } from '../../../src/engine/metrics/duration-counts.ts';
import { EngineMetrics } from '../../../src/engine/metrics/engine-metrics.ts';
import { MaxOfLastMinute } from '../../../src/engine/metrics/gc-pauses.ts';
import { HistogramSeries } from '../../../src/engine/metrics/histogram-series.ts';
import { MetricsPage } from '../../../src/engine/metrics/metrics-page.ts';
import { plainNumber, withPlainNumbers } from '../../../src/engine/metrics/metrics-text.ts';
import { NoSink } from '../../../src/engine/publish/event-sink.ts';
import { BUCKETS, FINE_BUCKETS, METRIC, STAGES } from '../../../src/protocol/metrics.ts';

const linesOf = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start));

describe('the metrics text', async () => {
  const text = (await new EngineMetrics('a').page(0, new NoSink().totals(), 0)).toString();

  it.each([
    [METRIC.matchDuration, BUCKETS.match],
    [METRIC.validationDuration, BUCKETS.validation],
    [METRIC.insertionDuration, BUCKETS.insertion],
    [METRIC.matchingDuration, BUCKETS.matching],
    [METRIC.logDuration, BUCKETS.log],
    [METRIC.publishDuration, BUCKETS.publish],
    [METRIC.matchDurationFine, FINE_BUCKETS],
    [METRIC.gcPause, BUCKETS.gcPause],
  ])('has %s with its buckets, at zero', (name, bounds) => {
    expect(text).toContain(`# TYPE ${name} histogram\n`);
    const limits = [...bounds.map(plainNumber), '+Inf'];
    expect(linesOf(text, `${name}_bucket{`)).toEqual(limits.map((le) => `${name}_bucket{shard="a",le="${le}"} 0`));
    expect(text).toContain(`\n${name}_sum{shard="a"} 0\n${name}_count{shard="a"} 0\n`);
  });

  it('has every stage in fine buckets', () => {
    for (const stage of STAGES) {
      const start = `${METRIC.stageDurationFine}_bucket{shard="a",stage="${stage}"`;
      expect(linesOf(text, start)).toHaveLength(FINE_BUCKETS.length + 1);
    }
  });

  it.each([
    'me_matches_total{shard="a"} 0',
    'me_orders_received_total{shard="a",side="buy"} 0',
    'me_orders_received_total{shard="a",side="sell"} 0',
    'me_orderbook_depth{shard="a",side="bid"} 0',
    'me_orderbook_depth{shard="a",side="ask"} 0',
    'me_orderbook_price_levels{shard="a",side="bid"} 0',
    'me_orderbook_price_levels{shard="a",side="ask"} 0',
    'me_ringbuffer_utilization_ratio{shard="a"} 0',
    'me_gc_pause_max_seconds{shard="a"} 0',
    'me_events_offered_total{shard="a"} 0',
    'me_event_publish_errors_total{shard="a"} 0',
  ])('has %s from the start', (line) => {
    expect(text.split('\n')).toContain(line);
  });

  it('writes every number plainly, and only lines of the format', () => {
    for (const line of text.split('\n').filter((found) => found !== '')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? (-?\d+(\.\d+)?|NaN))$/);
    }
    expect(text).not.toMatch(/le="[^"]*e/);
  });

  it('labels every series with its shard', () => {
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of samples) expect(line).toContain('shard="a"');
    expect(linesOf(text, METRIC.processStart)).toHaveLength(1);
    expect(linesOf(text, METRIC.heapUsed)).toHaveLength(1);
  });

  it('describes every family once', () => {
    const types = linesOf(text, '# TYPE ').map((line) => line.split(' ')[2]);
    expect(new Set(types).size).toBe(types.length);
  });
});

it('counts a value equal to a bound under that bound, in every series over the same durations', () => {
  const durations = new DurationCounts([0.1, 0.15, 0.2]);
  const fine = new HistogramSeries('h_fine', {}, durations, [0.1, 0.15, 0.2]);
  const coarse = new HistogramSeries('h', {}, durations, [0.1, 0.2]);
  for (const value of [0.05, 0.1, 0.10001, 0.2, 0.3]) durations.observe(value);
  const page = new MetricsPage();
  for (const series of [fine, coarse]) series.freeze()(page);
  const lines = page.end().toString().split('\n');
  expect(lines.filter((line) => line.includes('bucket'))).toEqual([
    'h_fine_bucket{le="0.1"} 2',
    'h_fine_bucket{le="0.15"} 3',
    'h_fine_bucket{le="0.2"} 4',
    'h_fine_bucket{le="+Inf"} 5',
    'h_bucket{le="0.1"} 2',
    'h_bucket{le="0.2"} 4',
    'h_bucket{le="+Inf"} 5',
  ]);
  expect(() => new HistogramSeries('h', {}, durations, [0.17])).toThrow('h has a bucket that is not counted');
});

it('has fine buckets of at most 5 %', () => {
  const widths = FINE_BUCKETS.slice(1).map((bound, index) => bound / (FINE_BUCKETS[index] ?? 0));
  expect(Math.max(...widths)).toBeLessThanOrEqual(1.05);
  expect([FINE_BUCKETS[0], FINE_BUCKETS.at(-1)]).toEqual([1e-6, 10]);
});

it('writes counts digit for digit, however large its page gets', () => {
  const page = new MetricsPage();
  const counts = [0, 9, 10, 99, 100, 1_234_567, Number.MAX_SAFE_INTEGER];
  const lines = Array.from({ length: 5_000 }, () => counts).flat();
  for (const count of lines) page.countLine(Buffer.from('x '), count);
  page.text('é\n');
  expect(page.end().toString()).toBe(`${lines.map((count) => `x ${count}\n`).join('')}é\n`);
});

it.each([
  [0, '0'],
  [1e-6, '0.000001'],
  [1e-9, /^0\.0000000010*\d*$/],
  [1e21, '1000000000000000000000'],
  [-2.5, '-2.5'],
])('writes %d plainly', (value, text) => {
  expect(plainNumber(value)).toMatch(text);
  expect(withPlainNumbers(`x ${value}\ny Nan\n`)).not.toMatch(/e|Nan/);
});

it('keeps the longest pause of the last minute', () => {
  const max = new MaxOfLastMinute();
  max.record(0.2, 100.5);
  max.record(0.1, 100.9);
  max.record(0.05, 130);
  expect([max.at(101), max.at(159.9), max.at(160.9), max.at(189), max.at(500)]).toEqual([0.2, 0.2, 0.05, 0.05, 0]);
});
