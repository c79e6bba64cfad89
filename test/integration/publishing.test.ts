/** Events of a real engine in a real broker's topics, whatever becomes of either; the log says what should be there. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEngineConfig } from '../../src/engine/engine-config.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import type { EventFindings } from '../../src/events/event-check.ts';
import { isRight } from '../../src/events/event-check.ts';
import { verifyEvents } from '../../src/events/verify-events.ts';
import { runMex } from '../mex-process.ts';
import { type BrokerProcess, brokerFolder, startBrokerProcess } from './broker-process.ts';
import { startEngineProcess, temporaryFolder } from './engine-process.ts';
import { trade } from './trade.ts';

const verify = (folder: string, { address }: BrokerProcess, waitMs = 30_000): Promise<EventFindings> =>
  verifyEvents({ folder, brokers: [address], waitMs, signal: new AbortController().signal });

async function eventNumbers(metricsUrl: string): Promise<Record<string, number>> {
  const text = await (await fetch(metricsUrl)).text();
  const lines = text.matchAll(/^me_(events_\w+|broker_connected)\{[^}]*\} (\S+)$/gm);
  const found = [...lines].map(([, name, value]) => [name?.replace('events_', ''), Number(value)]);
  const numbers = Object.fromEntries(found) as Record<string, number>;
  const { offered_total: offered, sent_total, dropped_total, failed_total, queue_length, in_flight } = numbers;
  const sum = (sent_total ?? 0) + (dropped_total ?? 0) + (failed_total ?? 0) + (queue_length ?? 0) + (in_flight ?? 0);
  expect(sum).toBe(offered);
  expect(queue_length).toBeGreaterThanOrEqual(0);
  return numbers;
}

const onBroker = (broker: BrokerProcess, more = {}) => ({ KAFKA_BOOTSTRAP: broker.address, ...more });
const EXACT = { missing: 0, disordered: 0, foreign: 0, altered: 0, repeated: 0, problems: [] };

describe('at least once', () => {
  it('every event of the log is in the topics, and the numbers say so', async () => {
    const broker = await startBrokerProcess();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(broker));
    await trade(engine.url, 400);
    const findings = await verify(folder, broker);
    expect(findings).toMatchObject(EXACT);
    expect(findings.sinceReset?.orders).toBe(400);
    expect(findings.sinceReset?.matches).toBeGreaterThan(50);
    await expect.poll(async () => (await eventNumbers(engine.metricsUrl)).lag_sequences).toBe(0);
    const numbers = await eventNumbers(engine.metricsUrl);
    expect(numbers).toMatchObject({ sent_total: findings.expected, queue_length: 0, broker_connected: 1 });
    const said = await runMex(['events', 'verify', folder, '--kafka', broker.address], folder);
    expect([said.exit, said.stdout]).toEqual([
      0,
      expect.stringContaining('missing 0, out of order 0, foreign 0, altered 0'),
    ]);
    const tail = [
      'events',
      'tail',
      '--from-beginning',
      '--topic',
      'matches',
      '--limit',
      '3',
      '--kafka',
      broker.address,
    ];
    const lines = (await runMex(tail, folder)).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type)).toEqual(['MATCH_EXECUTED', 'MATCH_EXECUTED', 'MATCH_EXECUTED']);
  });

  it('a broker that is not there at the start, is stopped, killed, and returns, gets each event once, in order', async () => {
    const place = brokerFolder();
    const first = await startBrokerProcess(place);
    await first.kill();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(first, { WAL_SIZE_MB: '1' }));
    await trade(engine.url, 200);
    expect(await eventNumbers(engine.metricsUrl)).toMatchObject({ broker_connected: 0, sent_total: 0 });
    const second = await startBrokerProcess(place, first.port);
    const isConnected = async () => (await eventNumbers(engine.metricsUrl)).broker_connected;
    await expect.poll(isConnected, { timeout: 20_000 }).toBe(1);
    await trade(engine.url, 100);
    second.child.kill('SIGSTOP');
    await trade(engine.url, 200);
    await expect
      .poll(async () => (await eventNumbers(engine.metricsUrl)).broker_connected, { timeout: 20_000 })
      .toBe(0);
    second.child.kill('SIGCONT');
    await trade(engine.url, 100);
    await second.kill();
    await trade(engine.url, 100);
    const third = await startBrokerProcess(place, first.port);
    expect(await verify(folder, third)).toMatchObject(EXACT);
  });

  it('an engine that is killed while the broker is stopped loses none and begins where the topic ends', async () => {
    const broker = await startBrokerProcess();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(broker));
    await trade(engine.url, 200);
    await expect.poll(async () => (await eventNumbers(engine.metricsUrl)).lag_sequences).toBe(0);
    broker.child.kill('SIGSTOP');
    await trade(engine.url, 200);
    engine.child.kill('SIGKILL');
    await engine.exit;
    const again = await startEngineProcess(folder, onBroker(broker));
    await trade(again.url, 100);
    broker.child.kill('SIGCONT');
    const findings = await verify(folder, broker);
    expect(isRight(findings), findings.problems.join()).toBe(true);
    await expect.poll(async () => (await eventNumbers(again.metricsUrl)).queue_length).toBe(0);
  });

  it('a broker that lost what it had acknowledged gets it again, in its place', async () => {
    const broker = await startBrokerProcess();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(broker));
    await trade(engine.url, 400);
    await verify(folder, broker);
    await broker.kill();
    for (const name of readdirSync(join(broker.folder, 'topics'))) {
      const path = join(broker.folder, 'topics', name);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    }
    await trade(engine.url, 100);
    const again = await startBrokerProcess(broker.folder, broker.port);
    expect(await verify(folder, again)).toMatchObject(EXACT);
    await expect.poll(async () => (await eventNumbers(engine.metricsUrl)).queue_length).toBe(0);
  });

  it('a shard that begins anew is not taken for its former self', async () => {
    const broker = await startBrokerProcess();
    for (const count of [200, 100]) {
      const folder = await temporaryFolder();
      const engine = await startEngineProcess(folder, onBroker(broker));
      await trade(engine.url, count);
      expect(await verify(folder, broker)).toMatchObject(EXACT);
      engine.child.kill('SIGTERM');
      expect(await engine.exit).toBe(0);
    }
  });

  it('the log keeps what has not arrived, over many segments and snapshots', async () => {
    const place = brokerFolder();
    const first = await startBrokerProcess(place);
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(first, { WAL_SIZE_MB: '1' }));
    await trade(engine.url, 100);
    await verify(folder, first);
    await first.kill();
    await trade(engine.url, 12_000);
    await expect.poll(() => readdirSync(join(folder, 'snap')).length, { timeout: 20_000 }).toBeGreaterThan(1);
    const second = await startBrokerProcess(place, first.port);
    const findings = await verify(folder, second);
    expect(findings).toMatchObject(EXACT);
  });
});

describe('a log of many segments, all published', () => {
  const SEGMENTS_OF_A_MEGABYTE = { WAL_SIZE_MB: '1' };
  const ORDERS = 12_000;
  const oldest = (folder: string): number => Number(readdirSync(join(folder, 'wal')).sort()[0]?.slice(0, 20));

  async function fill(environment: Record<string, string>) {
    const broker = await startBrokerProcess();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(broker, environment));
    await trade(engine.url, 100);
    const before = await matchesOf(engine.metricsUrl);
    expect((await engine.call('POST', '/reset')).status).toBe(200);
    await trade(engine.url, ORDERS);
    return { broker, folder, engine, matches: (await matchesOf(engine.metricsUrl)) - before };
  }

  it('is retained, so that all since the reset can be counted in the topics', async () => {
    const { broker, folder, matches } = await fill(SEGMENTS_OF_A_MEGABYTE);
    await expect.poll(() => readdirSync(join(folder, 'snap')).length, { timeout: 20_000 }).toBeGreaterThan(1);
    const findings = await verify(folder, broker);
    expect(findings).toMatchObject(EXACT);
    expect(oldest(folder)).toBe(1);
    expect(findings.sinceReset).toEqual({ orders: ORDERS, matches });
  });

  it('and is not: then nothing is said of how many there are since the reset', async () => {
    const { broker, folder, engine } = await fill({ ...SEGMENTS_OF_A_MEGABYTE, WAL_RETENTION_MB: '0' });
    await expect.poll(() => oldest(folder), { timeout: 20_000 }).toBeGreaterThan(100);
    expect(await verify(folder, broker)).toMatchObject({ ...EXACT, sinceReset: null });
    expect((await engine.call('POST', '/reset')).status).toBe(200);
    await trade(engine.url, 60);
    expect(await verify(folder, broker)).toMatchObject({ ...EXACT, sinceReset: { orders: 60 } });
  });
});

/** Since the engine was started. */
async function matchesOf(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^me_matches_total\{[^}]*\} (\d+)$/m.exec(text)?.[1]);
}

describe('at most once', () => {
  it('what a broker that is away costs is counted, and nothing waits for it', async () => {
    const broker = await startBrokerProcess();
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, onBroker(broker, { EVENT_DELIVERY: 'at-most-once' }));
    await trade(engine.url, 200);
    await expect.poll(async () => (await eventNumbers(engine.metricsUrl)).queue_length, { timeout: 20_000 }).toBe(0);
    await broker.kill();
    await trade(engine.url, 12_000);
    await expect
      .poll(async () => (await eventNumbers(engine.metricsUrl)).dropped_total, { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect((await eventNumbers(engine.metricsUrl)).queue_length).toBeLessThanOrEqual(10_000);
  });
});

describe('a publisher that does not do what it says is found out:', () => {
  it.each([
    ['skip', 'missing'],
    ['double', 'foreign'],
    ['no-acks', 'missing'],
  ] as const)('%s', async (lie, finding) => {
    const place = brokerFolder();
    const broker = await startBrokerProcess(place);
    const folder = await temporaryFolder();
    process.env.LIE = lie;
    const environment = { KAFKA_BOOTSTRAP: broker.address, WAL_PATH: folder, HTTP_PORT: '0', METRICS_PORT: '0' };
    const publisherEntry = pathToFileURL(join(import.meta.dirname, '../fixtures/publishers/lying-publisher.ts'));
    const engine = await startEngine(parseEngineConfig(environment), { publisherEntry });
    onTestFinished(() => engine.close());
    const url = `http://127.0.0.1:${engine.httpPort}`;
    await trade(url, 200);
    const metricsUrl = `http://127.0.0.1:${engine.metricsPort}/metrics`;
    await expect.poll(async () => (await eventNumbers(metricsUrl)).lag_sequences, { timeout: 20_000 }).toBe(0);
    await broker.kill();
    await trade(url, 100);
    const again = await startBrokerProcess(place, broker.port);
    await trade(url, 100);
    const findings = await verify(folder, again, 3_000);
    expect(findings[finding]).toBeGreaterThan(0);
    expect(isRight(findings)).toBe(false);
  });
});
