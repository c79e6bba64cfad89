import { describe, expect, test } from 'vitest';
import { parseExposition, SeriesMemory } from '../../src/telemetry/exposition-format.ts';

describe('values', () => {
  const rows: [string, string, object][] = [
    ['no labels', 'up 1', { metric: 'up', labels: {}, value: 1 }],
    ['labels', 'm{a="b",c="d"} 2.5', { metric: 'm', labels: { a: 'b', c: 'd' }, value: 2.5 }],
    ['a comma at the end', 'm{a="b",} 2', { metric: 'm', labels: { a: 'b' }, value: 2 }],
    ['empty braces', 'm{} 2', { metric: 'm', labels: {}, value: 2 }],
    ['escapes', 'm{a="\\\\ \\" \\n"} 1', { metric: 'm', labels: { a: '\\ " \n' }, value: 1 }],
    ['braces and spaces in a value', 'm{a="} {x"} 1', { metric: 'm', labels: { a: '} {x' }, value: 1 }],
    ['a timestamp', 'm 3 1700000000000', { metric: 'm', labels: {}, value: 3 }],
    ['an exponent', 'm 1.5e-7', { metric: 'm', labels: {}, value: 1.5e-7 }],
    ['+Inf', 'm +Inf', { metric: 'm', labels: {}, value: Number.POSITIVE_INFINITY }],
    ['-Inf', 'm -Inf', { metric: 'm', labels: {}, value: Number.NEGATIVE_INFINITY }],
    ['Nan, as prom-client writes it', 'm Nan', { metric: 'm', labels: {}, value: Number.NaN }],
    [
      'a name that only looks like a bucket',
      'm_bucket{le="1"} 4',
      { metric: 'm_bucket', labels: { le: '1' }, value: 4 },
    ],
  ];
  test.each(rows)('%s', (_, line, expected) => {
    expect(parseExposition(`# HELP m any\n\n${line}\n`).values).toMatchObject([expected]);
  });
});

describe('histograms', () => {
  const text = [
    '# TYPE h histogram',
    'h_bucket{le="0.1",s="a"} 2',
    'h_bucket{le="0.5",s="a"} 2',
    'h_bucket{le="+Inf",s="a"} 5',
    'h_sum{s="a"} 4.5',
    'h_count{s="a"} 5',
  ].join('\n');

  test('are grouped and no longer cumulated', () => {
    const { histograms, values } = parseExposition(text);
    expect(values).toEqual([]);
    expect(histograms).toMatchObject([
      { metric: 'h', labels: { s: 'a' }, bounds: [0.1, 0.5], counts: [2, 0, 3], count: 5, sum: 4.5 },
    ]);
  });

  test('with other bounds are another series', () => {
    const memory = new SeriesMemory();
    const [before] = parseExposition(text, memory).histograms;
    const [same] = parseExposition(text, memory).histograms;
    const [other] = parseExposition(text.replace('"0.5"', '"0.6"'), memory).histograms;
    expect(same?.key).toBe(before?.key);
    expect(other?.key).not.toBe(before?.key);
  });
});

describe('a text that is something else is refused with its first bad line', () => {
  const rows: [string, string, RegExp][] = [
    ['HTML', '<html>\n', /line 1 "<html>": there is no value/],
    ['JSON', 'ok 1\n{"a": 1}\n', /line 2 .*metric name/],
    ['no value behind labels', 'm{a="b"}\n', /"" is not a number/],
    ['no number', 'm one\n', /"one" is not a number/],
    ['two values', 'm 1 2.5\n', /only a timestamp/],
    ['bad labels', 'm{a=b} 1\n', /name="value"/],
    ['a label twice', 'm{a="1",a="2"} 1\n', /twice/],
    ['an unknown type', '# TYPE m thing\n', /TYPE needs/],
    ['no +Inf', '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n', /\+Inf/],
    ['no sum', '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\n', /_sum or _count is missing/],
    ['falling buckets', '# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n', /below/],
    ['another count', '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n', /_count is 2/],
  ];
  test.each(rows)('%s', (_, text, message) => {
    expect(() => parseExposition(text)).toThrow(message);
    expect(() => parseExposition(text)).toThrow(/^Not Prometheus text/);
  });
});
