import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { readCollectorConfig } from '../../../src/telemetry/collector/collector-config.ts';
import { CollectorSource } from '../../../src/telemetry/collector/collector-source.ts';
import { type Collector, startCollector } from '../../../src/telemetry/collector/start-collector.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A process with metrics that a test can change, make fail or hang. */
async function fakeProcess(text = 'm 1\n') {
  const fake = {
    text,
    status: 200,
    hangs: false,
    inFlight: 0,
    inFlightMax: 0,
    url: '',
    server: undefined as unknown as Server,
  };
  fake.server = createServer((_, response) => {
    fake.inFlightMax = Math.max(fake.inFlightMax, ++fake.inFlight);
    response.on('close', () => fake.inFlight--);
    if (fake.hangs) return;
    response.writeHead(fake.status).end(fake.text);
  });
  await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(fake.server.address() as AddressInfo).port}/metrics`;
  cleanups.push(() => {
    fake.server.closeAllConnections();
    fake.server.close();
  });
  return fake;
}

async function collecting(targets: Record<string, string>, intervalMs = 20) {
  const collector: Collector = await startCollector({ host: '127.0.0.1', port: 0, targets, intervalMs });
  cleanups.push(() => collector.stop());
  const url = `http://127.0.0.1:${collector.httpPort}`;
  return { url, source: new CollectorSource(url), collector };
}

const always = () => ({ fromMs: 0, toMs: Date.now() + 60_000 });
const until = <T>(check: () => Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

async function failuresOf(url: string, target: string): Promise<string[]> {
  const response = await fetch(`${url}/scrapes?target=${target}&from=0&to=9e15`);
  const { scrapes } = (await response.json()) as { scrapes: { up: number; failed?: string }[] };
  return scrapes.flatMap(({ up, failed }) => (up === 0 ? [failed ?? ''] : []));
}

test('values change, a counter that falls back is seen as it is', async () => {
  const fake = await fakeProcess('m_total 7\n');
  const { source } = await collecting({ 'engine-a': fake.url });
  const values = async () =>
    (await source.samples({ target: 'engine-a', metric: 'm_total' }, always())).map(({ value }) => value);
  await until(async () => expect(await values()).toContain(7));
  fake.text = 'm_total 2\n';
  await until(async () => expect(new Set(await values())).toEqual(new Set([7, 2])));
});

test('a series is found by its labels, and several are not taken for one', async () => {
  const fake = await fakeProcess('depth{side="bid"} 1\ndepth{side="ask"} 2\nodd NaN\n');
  const { source } = await collecting({ 'engine-a': fake.url });
  const select = { target: 'engine-a', metric: 'depth' };
  const asks = await until(() => source.samples({ ...select, labels: { side: 'ask' } }, always()));
  expect(asks[0]?.value).toBe(2);
  expect((await source.samples({ target: 'engine-a', metric: 'odd' }, always()))[0]?.value).toBeNaN();
  await expect(source.samples(select, always())).rejects.toMatchObject({ code: 'AMBIGUOUS_SERIES' });
});

test('histograms come without cumulation', async () => {
  const fake = await fakeProcess(
    '# TYPE h histogram\nh_bucket{le="0.1"} 2\nh_bucket{le="1"} 5\nh_bucket{le="+Inf"} 6\nh_sum 3.5\nh_count 6\n',
  );
  const { source } = await collecting({ 'engine-a': fake.url });
  const found = await until(() => source.histogram({ target: 'engine-a', metric: 'h' }, always()));
  expect(found.bounds).toEqual([0.1, 1]);
  expect(found.samples[0]).toMatchObject({ counts: [2, 3, 1], count: 6, sum: 3.5 });
});

test('no data is an error with a name, never zero', async () => {
  const fake = await fakeProcess('m 1\n');
  const { source } = await collecting({ 'engine-a': fake.url });
  await until(() => source.samples({ target: 'engine-a', metric: 'm' }, always()));
  const past = { fromMs: 1, toMs: 2 };
  const noData = { code: 'NO_DATA', name: 'MexError' };
  await expect(source.samples({ target: 'engine-x', metric: 'm' }, always())).rejects.toMatchObject(noData);
  await expect(source.samples({ target: 'engine-a', metric: 'x' }, always())).rejects.toMatchObject(noData);
  await expect(source.samples({ target: 'engine-a', metric: 'm' }, past)).rejects.toMatchObject(noData);
  await expect(source.histogram({ target: 'engine-a', metric: 'm' }, always())).rejects.toMatchObject(noData);
  await expect(source.scrapes('engine-x', always())).rejects.toMatchObject(noData);
  expect((await source.scrapes('engine-a', past)).atMs).toEqual([]);
});

test('a scrape that fails is kept as failed, with the reason', async () => {
  const fake = await fakeProcess();
  const { url, source } = await collecting({ 'engine-a': fake.url });
  await until(async () => expect((await source.scrapes('engine-a', always())).atMs).not.toEqual([]));
  fake.status = 503;
  await until(async () => expect(await failuresOf(url, 'engine-a')).toContain('HTTP 503'));
  fake.status = 200;
  fake.text = '<html>';
  await until(async () => expect((await failuresOf(url, 'engine-a')).join()).toMatch(/Not Prometheus text/));
  fake.hangs = true;
  await until(async () => expect((await failuresOf(url, 'engine-a')).join()).toMatch(/no answer within 16 ms/));
  fake.server.closeAllConnections();
  fake.server.close();
  await until(async () => expect((await failuresOf(url, 'engine-a')).join()).toMatch(/ECONNREFUSED/));
  expect(fake.inFlightMax).toBe(1);
  const values = await source.samples({ target: 'engine-a', metric: 'm' }, always());
  expect(new Set(values.map(({ value }) => value))).toEqual(new Set([1]));
});

test('targets are exchanged while it runs, and what was scraped stays', async () => {
  const [first, second] = [await fakeProcess('m 1\n'), await fakeProcess('m 2\n')];
  const { url, source } = await collecting({ 'engine-a': first.url });
  await until(() => source.samples({ target: 'engine-a', metric: 'm' }, always()));
  const put = await fetch(`${url}/targets`, { method: 'PUT', body: JSON.stringify({ 'engine-b': second.url }) });
  expect(await put.json()).toEqual({ 'engine-b': second.url });
  await until(() => source.samples({ target: 'engine-b', metric: 'm' }, always()));
  expect(await source.samples({ target: 'engine-a', metric: 'm' }, always())).not.toEqual([]);
  const bad = await fetch(`${url}/targets`, { method: 'PUT', body: '{"Engine":"ftp://x"}' });
  expect(bad.status).toBe(400);
  expect(Object.keys((await (await fetch(`${url}/targets`)).json()) as object)).toEqual(['engine-b']);
});

test('the dump holds every line of the window, and its own health is told', async () => {
  const fake = await fakeProcess('m 1\n');
  const { url, source } = await collecting({ 'engine-a': fake.url });
  await until(() => source.samples({ target: 'engine-a', metric: 'm' }, always()));
  const lines: { series?: number; v?: number[] }[] = [];
  for await (const line of source.dump(always())) lines.push(JSON.parse(line));
  expect(lines[0]).toEqual({ series: 0, target: 'engine-a', metric: 'm', labels: {} });
  expect(lines[1]).toMatchObject({ target: 'engine-a', v: [0, 1], h: [], gone: [] });
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'UP' });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('up{target="engine-a"} 1');
});

test('a collector that is not there is said so', async () => {
  const { source, collector } = await collecting({});
  await collector.stop();
  await expect(source.scrapes('engine-a', always())).rejects.toMatchObject({ code: 'COLLECTOR_DOWN' });
});

test('every problem of the environment is told at once', () => {
  const env = { HTTP_PORT: '-1', COLLECTOR_TARGETS: 'engine-a=ftp://x, B=http://h/m' };
  expect(() => readCollectorConfig(env)).toThrow(/HTTP_PORT is "-1".*engine-a=ftp.*B=http/s);
  expect(readCollectorConfig({ COLLECTOR_TARGETS: 'engine-a=http://h/m?x=1,' })).toEqual({
    host: '127.0.0.1',
    port: 9090,
    targets: { 'engine-a': 'http://h/m?x=1' },
    intervalMs: 1_000,
  });
});
