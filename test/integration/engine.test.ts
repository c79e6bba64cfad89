import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flipBit, segmentsOf } from '../engine/wal/logs.ts';
import { runMex, SYMBOL, startEngineProcess, temporaryFolder } from './engine-process.ts';

const ORDER = { orderId: 'o-1', symbol: SYMBOL, side: 'SELL', price: 101, quantity: 5 };
const refusal = (reason: string, orderId: string | null = null) => ({
  status: 'REJECTED',
  orderId,
  reason,
  outcome: 'not_accepted',
});

describe('an engine', () => {
  it('answers every call of the contract', async () => {
    const { call, metricsUrl, lines } = await startEngineProcess(await temporaryFolder());
    expect((await call('GET', '/health')).body).toEqual({ status: 'UP', shardId: 'a' });
    expect((await call('GET', '/ready')).body).toEqual({ status: 'UP', shardId: 'a' });
    const placed = await call('POST', '/orders', ORDER);
    expect(placed).toMatchObject({ status: 200, body: { status: 'ACCEPTED', orderId: 'o-1', shardId: 'a' } });
    expect(Object.keys(placed.body)).toEqual(['status', 'orderId', 'shardId', 'timestamp']);
    expect((await call('POST', '/orders', { ...ORDER, timestamp: 5 })).body).toEqual(placed.body);
    expect(await call('POST', '/orders', { ...ORDER, price: 7 })).toMatchObject({
      status: 409,
      body: refusal('Order id already used with other content: o-1', 'o-1'),
    });
    const seed = [1, 2].map((index) => ({ ...ORDER, orderId: `s-${index}`, price: 110 }));
    expect((await call('POST', '/seed', { orders: seed })).body).toEqual({ seeded: 2 });
    expect((await call('POST', '/seed/a', { orders: seed })).body).toEqual({ seeded: 2 });
    expect((await call('POST', '/orders', { ...ORDER, orderId: 'o-2', side: 'BUY', quantity: 2 })).status).toBe(200);
    expect((await call('GET', `/book/${SYMBOL}?levels=1`)).body).toEqual({
      symbol: SYMBOL,
      shardId: 'a',
      sequence: 6,
      bids: [],
      asks: [{ price: 101, quantity: 3, orders: 1 }],
    });
    expect((await call('GET', '/orders/o-1')).body).toEqual({
      orderId: 'o-1',
      symbol: SYMBOL,
      shardId: 'a',
      status: 'PARTIALLY_FILLED',
      side: 'SELL',
      type: 'LIMIT',
      timeInForce: 'GTC',
      postOnly: false,
      price: 101,
      quantity: 5,
      filledQuantity: 2,
      remainingQuantity: 3,
      timestamp: placed.body.timestamp,
    });
    expect((await call('PATCH', '/orders/o-1', { price: 105, quantity: 6 })).body).toMatchObject({
      ...{ status: 'AMENDED', orderId: 'o-1', shardId: 'a', price: 105, quantity: 6, filledQuantity: 2 },
    });
    expect((await call('PATCH', '/orders/o-1', { quantity: 5 })).body).toMatchObject({ price: 105, quantity: 5 });
    expect(await call('DELETE', '/orders/o-1')).toMatchObject({
      status: 200,
      body: { status: 'CANCELLED', orderId: 'o-1', shardId: 'a', cancelledQuantity: 3 },
    });
    expect(await call('DELETE', '/orders/o-1')).toMatchObject({
      status: 404,
      body: refusal('Order is not resting: o-1', 'o-1'),
    });
    const metrics = await (await fetch(metricsUrl)).text();
    expect(metrics).toContain('\nme_matches_total{shard="a"} 1\n');
    expect(metrics).toContain('\nme_orders_received_total{shard="a",side="buy"} 1\n');
    expect(metrics).toContain('\nme_orderbook_depth{shard="a",side="ask"} 2\n');
    expect((await call('POST', '/reset')).body).toEqual({ status: 'RESET', shardId: 'a' });
    expect((await call('GET', `/book/${SYMBOL}`)).body).toMatchObject({ bids: [], asks: [] });
    expect(lines.filter((line) => line.includes('"msg":"ready"'))).toHaveLength(1);
    expect(lines.length).toBeLessThan(5);
  });

  it('refuses what it must, always in JSON', async () => {
    const { call, url } = await startEngineProcess(await temporaryFolder());
    const refuse = async (answer: ReturnType<typeof call>, status: number, reason: string) =>
      expect(await answer).toMatchObject({ status, body: refusal(reason) });
    await refuse(call('POST', '/orders', '{"orderId'), 400, 'Malformed JSON');
    await refuse(call('POST', '/orders', ''), 400, 'Malformed JSON');
    await refuse(call('POST', '/orders', '{}'), 400, 'Missing field: orderId');
    await refuse(call('GET', '/nope'), 404, 'Unknown path: /nope');
    await refuse(call('GET', '/book/X'), 404, 'Unknown symbol: X');
    await refuse(call('GET', `/book/${SYMBOL}?levels=0`), 400, 'Invalid levels: must be a whole number from 1 to 1000');
    await refuse(call('DELETE', '/orders/%E0%A4%A'), 400, 'Malformed path');
    await refuse(call('POST', '/seed/b', { orders: [] }), 404, 'Not this shard: b, this is a');
    await refuse(call('POST', '/orders', 'x', { 'content-type': 'text/plain' }), 415, MEDIA_TYPE);
    const large = await call('POST', '/orders', JSON.stringify({ orderId: 'x'.repeat(65_536) }));
    expect(large).toMatchObject({ status: 413, body: refusal('Body larger than 65536 bytes') });
    expect(await chunked(`${url}/orders`, 70_000)).toEqual({
      status: 413,
      body: refusal('Body larger than 65536 bytes'),
    });
    expect(await call('GET', '/orders')).toMatchObject({
      status: 405,
      body: refusal('Method not allowed: GET, use POST'),
    });
    expect((await call('PUT', '/orders/o-1', {})).headers.get('allow')).toBe('GET, PATCH, DELETE');
    expect(await call('POST', '/orders', { ...ORDER, symbol: 'X' })).toMatchObject({
      status: 400,
      body: refusal('Unknown symbol: X', 'o-1'),
    });
  });

  it('takes a seed of 40,000 orders in one body', async () => {
    const { call } = await startEngineProcess(await temporaryFolder());
    const orders = Array.from({ length: 40_000 }, (_, index) => ({
      ...ORDER,
      orderId: `seed-${'x'.repeat(30)}-${index}`,
      price: 10_001 + (index % 500),
      type: 'LIMIT',
      timeInForce: 'GTC',
    }));
    expect(await call('POST', '/seed', { orders })).toMatchObject({ status: 200, body: { seeded: 40_000 } });
    const { body } = await call('GET', `/book/${SYMBOL}?levels=1000`);
    expect(body.asks).toHaveLength(500);
  });

  it('asks for the admin token where one is set', async () => {
    const { call } = await startEngineProcess(await temporaryFolder(), { ADMIN_TOKEN: 'secret' });
    expect(await call('POST', '/reset')).toMatchObject({
      status: 401,
      body: refusal('This call needs the admin token'),
    });
    expect((await call('POST', '/seed', { orders: [] }, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await call('POST', '/seed', { orders: [] }, { authorization: 'Bearer secret' })).status).toBe(200);
    expect((await call('POST', '/reset', undefined, { authorization: 'Bearer secret' })).status).toBe(200);
  });

  it('stops cleanly on SIGTERM and is the same after a start', async () => {
    const folder = await temporaryFolder();
    const first = await startEngineProcess(folder);
    const placed = await first.call('POST', '/orders', ORDER);
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    const second = await startEngineProcess(folder);
    expect((await second.call('POST', '/orders', ORDER)).body).toEqual(placed.body);
    const inspected = await runMex(['wal', 'inspect', folder, '--json']);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ orders: 1, matches: 0, lastSequence: 2, shardId: 'a' });
    expect((await runMex(['wal', 'inspect', folder])).stdout).toContain('orders 1, matches 0');
  });
});

describe('a start', () => {
  it('ends with 75 while another engine has the log', async () => {
    const folder = await temporaryFolder();
    const { call } = await startEngineProcess(folder);
    const second = await runMex(['serve', 'engine'], { WAL_PATH: folder, HTTP_PORT: '0', METRICS_PORT: '0' });
    expect(second.code).toBe(75);
    expect(second.stderr).toContain(`${folder} is in use by another engine`);
    expect((await call('GET', '/ready')).status).toBe(200);
  });

  it('ends with 64 for a bad environment, every problem on a line', async () => {
    const { code, stderr } = await runMex(['serve', 'engine'], { HTTP_PORT: 'x', ACK_MODE: 'y' });
    expect(code).toBe(64);
    expect(stderr.trim().split('\n')).toEqual([
      'mex: HTTP_PORT=x: allowed is a whole number from 0 to 65535',
      'mex: ACK_MODE=y: allowed is durable or received',
    ]);
  });

  it('ends with 65 for a damaged log, and says where', async () => {
    const folder = await temporaryFolder();
    const { call, child, exit } = await startEngineProcess(folder);
    for (const orderId of ['1', '2', '3']) await call('POST', '/orders', { ...ORDER, orderId });
    child.kill('SIGKILL');
    await exit;
    const [path = ''] = await segmentsOf(folder);
    await flipBit(path, 4096 + 70);
    const { code, stderr } = await runMex(['serve', 'engine'], { WAL_PATH: folder, HTTP_PORT: '0', METRICS_PORT: '0' });
    expect(code).toBe(65);
    expect(stderr).toContain(`Damaged log: ${path} at byte 4096: expected the frame of sequence 1`);
  });

  it('ends with 74 when its port is taken, in one line', async () => {
    const { port } = new URL((await startEngineProcess(await temporaryFolder())).url);
    const environment = { WAL_PATH: await temporaryFolder(), HTTP_PORT: port, METRICS_PORT: '0' };
    const { code, stderr } = await runMex(['serve', 'engine'], environment);
    expect(code).toBe(74);
    expect(stderr).toMatch(new RegExp(`^mex: Cannot listen on 127.0.0.1 port ${port}: .*EADDRINUSE.*HTTP_PORT.*\n$`));
  });

  it('ends with 74 when the log folder cannot be made', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const environment = { WAL_PATH: join(file, 'wal'), HTTP_PORT: '0', METRICS_PORT: '0' };
    expect((await runMex(['serve', 'engine'], environment)).code).toBe(74);
  });
});

const MEDIA_TYPE = 'Content-Type must be application/json';

/** A body without a Content-Length. */
async function chunked(url: string, bytes: number): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.write(' '.repeat(bytes / 2));
    sent.end(' '.repeat(bytes / 2));
  });
}
