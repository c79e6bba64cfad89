/** What a Prometheus may answer, from a small server that answers as it does. The real ones: test/integration. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { durationMs } from '../../../src/telemetry/prometheus/prometheus-api.ts';
import { PrometheusSource } from '../../../src/telemetry/prometheus/prometheus-source.ts';

type Values = [number, string][];
interface Series {
  metric: Record<string, string>;
  values: Values;
}

const CONFIG =
  'global: {scrape_interval: 1m}\nscrape_configs: [{job_name: mex, scrape_interval: 1s}, {job_name: self, scrape_interval: 15s}]';
const AT = 1_700_000_000;
const window = { fromMs: (AT + 1) * 1_000, toMs: (AT + 4) * 1_000 };
const labels = { shard: 'a', job: 'mex', instance: '127.0.0.1:1' };
const upward: Values = [0, 1, 2, 3, 4].map((second) => [AT + second, String(10 * second)]);
const orders = { target: 'engine-a', metric: 'me_matches_total' };

interface Fake {
  /** What is there, by the metric's name in the query. */
  series: Record<string, Series[]>;
  warnings?: string[];
}

async function prometheus({ series, warnings }: Fake) {
  const queries: string[] = [];
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    const answer = (data: object) => response.end(JSON.stringify({ status: 'success', data, warnings }));
    if (request.url === '/api/v1/status/config') return answer({ yaml: CONFIG });
    if (request.url !== '/api/v1/query') return response.writeHead(404).end('no such page');
    const query = new URLSearchParams(Buffer.concat(body).toString()).get('query') ?? '';
    queries.push(query);
    const [metric = ''] = query.split('{');
    return answer({ resultType: 'matrix', result: series[metric] ?? [] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, queries, source: await PrometheusSource.connect(`${url}/`) };
}

const counter = (values: Values, more: Record<string, string> = {}): Series => ({
  metric: { __name__: 'me_matches_total', ...labels, ...more },
  values,
});
const bucket = (le: string, values: Values): Series => ({ metric: { ...labels, le }, values });
const ofTwoScrapes = (first: string, second: string): Values => [
  [AT + 1, first],
  [AT + 4, second],
];
const histogram = (parts: Partial<Record<'buckets' | 'sums', Series[]>> = {}) => ({
  me_match_duration_seconds_bucket: [
    bucket('+Inf', ofTwoScrapes('3', '9')),
    bucket('1.0', ofTwoScrapes('2', '6')),
    bucket('0.001', ofTwoScrapes('1', '2')),
  ],
  me_match_duration_seconds_sum: [{ metric: labels, values: ofTwoScrapes('0.5', '4') }],
  ...(parts.buckets && { me_match_duration_seconds_bucket: parts.buckets }),
  ...(parts.sums && { me_match_duration_seconds_sum: parts.sums }),
});
const duration = { target: 'engine-a', metric: 'me_match_duration_seconds' };

describe('a counter', () => {
  it('is read raw, from the last sample at or before the window', async () => {
    const { source, queries } = await prometheus({ series: { me_matches_total: [counter(upward)] } });
    const samples = await source.samples({ ...orders, labels: { side: 'buy' } }, window);
    expect(samples.map(({ atMs, value }) => [atMs / 1_000 - AT, value])).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
    expect(queries).toEqual(['me_matches_total{shard="a",side="buy"}[78000ms]']);
  });

  it.each<[string, string, Series[]]>([
    ['NO_DATA', 'that is not there', []],
    ['NO_DATA', 'of before the window alone', [counter([[AT, '1']])]],
    ['NOT_A_NUMBER', 'that is NaN once', [counter([...upward.slice(0, 4), [AT + 4, 'NaN']])]],
    ['AMBIGUOUS_SERIES', 'that two jobs scrape', [counter(upward), counter(upward, { job: 'again' })]],
  ])('%s: one %s is an error', async (code, _what, found) => {
    const { source } = await prometheus({ series: { me_matches_total: found } });
    await expect(source.samples(orders, window)).rejects.toMatchObject({ code, exit: 4 });
  });

  it('STALE: one that ends long before its window is an error, however long the other jobs wait', async () => {
    const { source } = await prometheus({ series: { me_matches_total: [counter(upward)] } });
    const until = (second: number) => source.samples(orders, { ...window, toMs: (AT + second) * 1_000 });
    expect(await until(7)).toHaveLength(4);
    await expect(until(8)).rejects.toMatchObject({ code: 'STALE', message: expect.stringContaining('ends at') });
  });

  it('may be infinite', async () => {
    const values: Values = [[AT + 3, '+Inf']];
    const { source } = await prometheus({ series: { me_matches_total: [counter(values)] } });
    expect(await source.samples(orders, window)).toEqual([{ atMs: (AT + 3) * 1_000, value: Number.POSITIVE_INFINITY }]);
  });
});

describe('a histogram', () => {
  it('is put together from its buckets, however the version writes their bounds', async () => {
    const { source } = await prometheus({ series: histogram() });
    expect(await source.histogram(duration, window)).toEqual({
      bounds: [0.001, 1],
      samples: [
        { atMs: (AT + 1) * 1_000, counts: [1, 1, 1], count: 3, sum: 0.5 },
        { atMs: (AT + 4) * 1_000, counts: [2, 4, 3], count: 9, sum: 4 },
      ],
    });
  });

  it.each<[string, string, Parameters<typeof histogram>[0]]>([
    ['HALF_SCRAPED', 'without its last bucket', { buckets: [bucket('1', ofTwoScrapes('1', '2'))] }],
    [
      'HALF_SCRAPED',
      'of which one scrape lacks a bucket',
      { buckets: [bucket('1', ofTwoScrapes('1', '2')), bucket('+Inf', [[AT + 1, '2']])] },
    ],
    ['HALF_SCRAPED', 'of which one scrape lacks the sum', { sums: [{ metric: labels, values: [[AT + 4, '1']] }] }],
    [
      'HALF_SCRAPED',
      'with more in a bucket than in the next',
      { buckets: [bucket('1', ofTwoScrapes('1', '5')), bucket('+Inf', ofTwoScrapes('1', '4'))] },
    ],
    [
      'NOT_A_NUMBER',
      'with a bucket that is NaN',
      { buckets: [bucket('1', ofTwoScrapes('1', 'NaN')), bucket('+Inf', ofTwoScrapes('1', '4'))] },
    ],
    ['NOT_A_NUMBER', 'with a sum that is NaN', { sums: [{ metric: labels, values: ofTwoScrapes('1', 'NaN') }] }],
    ['NO_DATA', 'that is not there', { sums: [], buckets: [] }],
    ['NO_DATA', 'without buckets', { buckets: [] }],
  ])('%s: one %s is an error', async (code, _what, parts) => {
    const { source } = await prometheus({ series: histogram(parts) });
    await expect(source.histogram(duration, window)).rejects.toMatchObject({ code, exit: 4 });
  });

  it('of several series is that of the labels asked for', async () => {
    const of = (stage: string) => ({ ...labels, stage });
    const series = {
      me_stage_duration_fine_seconds_bucket: ['log', 'matching'].map((stage) => ({
        metric: { ...of(stage), le: '+Inf' },
        values: ofTwoScrapes('1', '2'),
      })),
      me_stage_duration_fine_seconds_sum: [{ metric: of('log'), values: ofTwoScrapes('1', '2') }],
    };
    const { source } = await prometheus({ series });
    const found = await source.histogram({ target: 'engine-a', metric: 'me_stage_duration_fine_seconds' }, window);
    expect(found.samples.map(({ count }) => count)).toEqual([1, 2]);
  });
});

describe('the scrapes', () => {
  it('are the times of a series that is always there, and the interval is that of its job', async () => {
    const { source } = await prometheus({ series: { me_matches_total: [counter(upward)] } });
    const { atMs, intervalMs } = await source.scrapes('engine-a', window);
    expect(atMs.map((at) => at / 1_000 - AT)).toEqual([1, 2, 3, 4]);
    expect(intervalMs).toBe(1_000);
    expect(source.intervalMsMax).toBe(15_000);
  });

  it('of a job that has another name by now are held to the strictest interval', async () => {
    const { source } = await prometheus({ series: { gw_requests_total: [counter(upward, { job: 'renamed' })] } });
    expect((await source.scrapes('gateway', window)).intervalMs).toBe(1_000);
  });
});

describe('a Prometheus', () => {
  it('that warns of its own answer is not believed', async () => {
    const { source } = await prometheus({ series: { me_matches_total: [counter(upward)] }, warnings: ['a part only'] });
    await expect(source.samples(orders, window)).rejects.toMatchObject({ code: 'PROMETHEUS_WARNING', exit: 5 });
  });

  it('that is none, or not there, is told in one line', async () => {
    const { url } = await prometheus({ series: {} });
    await expect(PrometheusSource.connect(`${url}/prefix`)).rejects.toMatchObject({
      code: 'PROMETHEUS_ANSWER',
      exit: 5,
      message: `Prometheus at ${url}/prefix answers /api/v1/status/config with HTTP 404: no such page`,
    });
    await expect(PrometheusSource.connect('http://127.0.0.1:9')).rejects.toMatchObject({
      code: 'PROMETHEUS_DOWN',
      exit: 5,
    });
  });
});

it.each([
  ['800ms', 800],
  ['1m30s', 90_000],
  ['1d', 86_400_000],
])('reads the duration %s', (text, expected) => expect(durationMs(text)).toBe(expected));

it.each(['', '5', '5 s', '-1s'])('refuses the duration "%s"', (text) =>
  expect(() => durationMs(text)).toThrow('no duration'),
);
