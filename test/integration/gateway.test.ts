import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accept, type FakeShard, hangIn, reset, startFakeShard } from './fake-shard.ts';
import { type GatewayProcess, startGatewayProcess, until } from './gateway-process.ts';

let a: FakeShard;
let b: FakeShard;
let gateway: GatewayProcess;

beforeAll(async () => {
  [a, b] = await Promise.all([startFakeShard(), startFakeShard()]);
  gateway = await startGatewayProcess({ ...env(), SHARD_TIMEOUT_MS: '300' });
});

/** Two orders at a shard, one waiting. */
const env = () => ({
  ME_SHARD_MAP: `a=${a.origin},b=${b.origin},dead=http://127.0.0.1:1`,
  SHARD_SYMBOLS_MAP: 'a=AAA:AAB,b=BBB,dead=DDD',
  SHARD_CONNECTIONS: '2',
  SHARD_QUEUE: '1',
});

afterEach(() => {
  for (const shard of [a, b]) {
    shard.behave = accept;
    shard.seen.length = 0;
    for (const response of shard.hanging.splice(0)) response.destroy();
  }
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([a?.close(), b?.close()]);
});

const JSON_TYPE = { 'content-type': 'application/json' };
const call = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${gateway.url}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const order = (symbol: string, extra: Record<string, unknown> = {}) =>
  call('/orders', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ symbol, ...extra }) });
const error = (text: string, outcome = 'not_accepted') => JSON.stringify({ error: text, outcome });

describe('passing through', () => {
  it('forwards an order byte for byte, with an exact length and only the headers that matter', async () => {
    const body = '{ "symbol" : "AAA",\n "note":"\\u00e9 é 😀", "quantity": 1e0 }';
    const headers = {
      ...JSON_TYPE,
      authorization: 'Bearer x',
      'x-forwarded-for': '1.2.3.4',
      'x-secret': 'y',
      connection: 'x-secret',
    };
    const { status } = await rawRequest({ method: 'POST', path: '/orders', headers, body });
    expect(status).toBe(200);
    expect(a.seen).toHaveLength(1);
    expect(b.seen).toHaveLength(0);
    expect(a.seen[0]?.body.toString()).toBe(body);
    expect(a.seen[0]?.headers).toEqual({
      host: a.origin.slice('http://'.length),
      connection: 'keep-alive',
      'content-type': 'application/json',
      authorization: 'Bearer x',
      'content-length': String(Buffer.byteLength(body)),
    });
  });

  it.each([200, 400, 404, 409, 503])("gives back the shard's %i with body and headers untouched", async (status) => {
    const body = `{"status": "é",\n"spaces"  : ${status}}`;
    a.behave = (_, response) => {
      const headers = { 'content-type': 'application/json; v=1', 'retry-after': '7', allow: 'POST', 'x-inner': 'z' };
      response.writeHead(status, headers).end(body);
    };
    const found = await order('AAA');
    expect(found.status).toBe(status);
    expect(found.text).toBe(body);
    expect(found.headers.get('content-type')).toBe('application/json; v=1');
    expect(found.headers.get('retry-after')).toBe('7');
    expect(found.headers.get('allow')).toBe('POST');
    expect(found.headers.get('x-inner')).toBeNull();
  });

  it.each([
    ['GET', '/orders/o-1?symbol=BBB', '/orders/o-1?symbol=BBB'],
    ['DELETE', '/orders/o-1?symbol=BBB&more=1', '/orders/o-1?symbol=BBB'],
    ['GET', '/book/BBB?levels=5', '/book/BBB?levels=5'],
    ['GET', '/book/BBB', '/book/BBB'],
    ['GET', '/orders/a%2Fb?symbol=BBB', '/orders/a%2Fb?symbol=BBB'],
  ])('routes %s %s by its symbol', async (method, path, forwarded) => {
    expect((await call(path, { method })).status).toBe(200);
    expect(b.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`${method} ${forwarded}`]);
  });

  it('routes a PATCH by its symbol and forwards its body', async () => {
    await call('/orders/o-1?symbol=BBB', { method: 'PATCH', headers: JSON_TYPE, body: '{"price": 7}' });
    expect(b.seen.map(({ url, body }) => [url, body.toString()])).toEqual([['/orders/o-1?symbol=BBB', '{"price": 7}']]);
  });

  it('forwards a seed to /seed of the shard that is named', async () => {
    const body = `{"orders":[${'{"x":1},'.repeat(20_000)}{}]}`;
    expect((await call('/seed/b', { method: 'POST', headers: JSON_TYPE, body })).status).toBe(200);
    expect(b.seen[0]?.url).toBe('/seed');
    expect(b.seen[0]?.body.toString()).toBe(body);
    expect(a.seen).toHaveLength(0);
  });
});

describe('refusals', () => {
  const post = (body: string | Uint8Array, path = '/orders') =>
    call(path, { method: 'POST', headers: JSON_TYPE, body: body as NonNullable<RequestInit['body']> });

  it.each([
    ['not JSON', '{"symbol":', 'Invalid JSON in request body'],
    ['empty', '', 'Invalid JSON in request body'],
    ['no symbol', '{"orderId":"x"}', "Missing 'symbol' field in request body"],
    ['a number as symbol', '{"symbol":7}', "Missing 'symbol' field in request body"],
    ['null', 'null', "Missing 'symbol' field in request body"],
    ['an array', '[]', "Missing 'symbol' field in request body"],
    ['an unknown symbol', '{"symbol":"ZZZ"}', 'Unknown symbol: ZZZ'],
    ['__proto__ as symbol', '{"symbol":"__proto__"}', 'Unknown symbol: __proto__'],
    ['toString as symbol', '{"symbol":"toString"}', 'Unknown symbol: toString'],
  ])('answers 400 to a body that is %s', async (_, body, message) => {
    const found = await post(body);
    expect([found.status, found.text]).toEqual([400, error(message)]);
    expect(found.headers.get('content-type')).toBe('application/json');
  });

  it('answers 400 to a body that is not UTF-8', async () => {
    const found = await post(Buffer.from('{"symbol":"AA\xff"}', 'latin1'));
    expect([found.status, found.text]).toEqual([400, error('Invalid JSON in request body')]);
  });

  it.each([
    ['GET', '/nothing', 404, 'Not found'],
    ['GET', '/orders/x/y', 404, 'Not found'],
    ['GET', '/book/toString', 400, 'Unknown symbol: toString'],
    ['GET', '/orders/x', 400, "Missing 'symbol' query parameter"],
    ['GET', '/book/%zz', 400, 'Malformed request path'],
    ['PUT', '/orders', 405, 'Method not allowed'],
  ])('answers %s %s with %i', async (method, path, status, message) => {
    const found = await call(path, { method });
    expect([found.status, found.text]).toEqual([status, error(message)]);
  });

  it('says in Allow what may be done', async () => {
    expect((await call('/orders')).headers.get('allow')).toBe('POST');
    expect((await call('/orders/x', { method: 'POST' })).headers.get('allow')).toBe('GET, PATCH, DELETE');
  });

  it('answers 404 to the seed of an unknown shard', async () => {
    const found = await post('{}', '/seed/constructor');
    expect([found.status, found.text]).toEqual([404, error('Unknown shard: constructor')]);
  });

  it('answers 415 to anything but JSON', async () => {
    const found = await call('/orders', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect([found.status, found.text]).toEqual([415, error('Content-Type must be application/json')]);
  });

  it.each([
    ['/orders', 65_536],
    ['/seed/a', 8_388_608],
  ])('answers 413 to %s above %i bytes, and takes one of exactly as many', async (path, bytesMax) => {
    const fitting = `{"symbol":"AAA"}`.padEnd(bytesMax);
    expect((await post(fitting, path)).status).toBe(200);
    const found = await post(`${fitting} `, path);
    expect([found.status, found.text]).toEqual([413, error(`Request body is larger than ${bytesMax} bytes`)]);
    expect(a.seen).toHaveLength(1);
  });

  it('counts a body that does not announce its length', async () => {
    const found = await rawRequest({
      method: 'POST',
      path: '/orders',
      headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      body: `{"symbol":"AAA"}`.padEnd(65_537),
    });
    expect(found.status).toBe(413);
    expect(a.seen).toHaveLength(0);
  });

  it('answers 400 in JSON to what is not HTTP, and to an absolute address', async () => {
    expect(await rawBytes('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*\{"error":"Bad Request"/);
    const absolute = 'GET http://169.254.0.1/book/AAA HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    expect(await rawBytes(absolute)).toMatch(/^HTTP\/1\.1 400 [\s\S]*Malformed request path/);
    const twoHosts = 'GET /book/AAA HTTP/1.1\r\nhost: x\r\nHost: y\r\nconnection: close\r\n\r\n';
    expect(await rawBytes(twoHosts)).toMatch(/^HTTP\/1\.1 400 [\s\S]*More than one Host header/);
  });
});

describe('faults of a shard', () => {
  it('answers 502 when a shard cannot be reached, and nothing was accepted', async () => {
    const found = await order('DDD');
    expect([found.status, found.text]).toEqual([502, error('Shard unavailable: dead')]);
  });

  it('answers 504 before a hung shard does, and ends its connection', async () => {
    a.behave = hangIn(a);
    const found = await order('AAA');
    expect([found.status, found.text]).toEqual([504, error('Shard timeout: a', 'unknown')]);
    expect(a.seen).toHaveLength(1);
    expect(a.hanging[0]?.writableEnded).toBe(false);
    await until(() => a.hanging[0]?.destroyed);
  });

  it('answers 502 unknown to a reset after the request, and the shard has seen it once', async () => {
    expect((await order('AAA')).status).toBe(200); // a kept-alive connection to reset
    a.behave = reset;
    const found = await order('AAA', { orderId: 'once' });
    expect([found.status, found.text]).toEqual([502, error('Shard unavailable: a', 'unknown')]);
    a.behave = accept;
    expect((await order('AAA', { orderId: 'after' })).status).toBe(200);
    expect(a.seen.filter(({ body }) => body.includes('once'))).toHaveLength(1);
  });

  it('answers 502 to an answer that breaks off', async () => {
    a.behave = (_, response, socket) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":');
      setImmediate(() => socket.destroy());
    };
    const found = await order('AAA');
    expect([found.status, found.text]).toEqual([502, error('Shard unavailable: a', 'unknown')]);
  });

  it('never says not_accepted of an order that the shard has seen', async () => {
    a.behave = hangIn(a);
    const ids = ['first', 'second', 'third'];
    const found = await Promise.all(ids.map((orderId) => order('AAA', { orderId })));
    expect(found.map(({ status }) => status)).toEqual([504, 504, 504]);
    const notAccepted = ids.filter((_, index) => JSON.parse(found[index]?.text ?? '').outcome === 'not_accepted');
    expect(notAccepted.filter((id) => a.seen.some(({ body }) => body.includes(id)))).toEqual([]);
  });

  it('keeps its connections to a shard', async () => {
    for (let n = 0; n < 10; n++) await order('BBB');
    expect(b.connections()).toBe(1);
  });
});

describe('a hung shard and a patient gateway', () => {
  it('sheds what exceeds the queue of one shard at once, serves the other, loses nothing that waited', async () => {
    const patient = await startGatewayProcess({ ...env(), SHARD_TIMEOUT_MS: '60000' });
    try {
      a.behave = hangIn(a);
      const send = (symbol: string) =>
        fetch(`${patient.url}/orders`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ symbol }) });
      const atShard = [send('AAA'), send('AAA')];
      await until(() => a.hanging.length === 2);
      const answers = Array.from({ length: 5 }, () => send('AAA'));
      const settled: Response[] = [];
      for (const answer of answers) void answer.then((response) => settled.push(response));
      await until(() => settled.length === 4);
      expect(settled.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
      expect(settled[0]?.headers.get('retry-after')).toBe('1');
      expect(await settled[0]?.text()).toBe(error('Shard overloaded: a'));
      for (let n = 0; n < 10; n++) expect((await send('BBB')).status).toBe(200);
      a.behave = accept;
      for (const response of a.hanging) response.writeHead(200).end('{}');
      const served = [...(await Promise.all(atShard)), ...(await Promise.all(answers))];
      expect(served.filter(({ status }) => status === 200)).toHaveLength(3);
      expect(a.seen).toHaveLength(3);
    } finally {
      expect(await patient.stop()).toBe(0);
    }
  });
});

describe('pages', () => {
  it('is healthy whatever the shards do', async () => {
    const found = await call('/health');
    expect([found.status, found.text]).toEqual([200, '{"status":"UP","component":"edge-gateway"}']);
  });

  it('is not ready while a shard is not, and says which', async () => {
    a.behave = (_, response) => void response.writeHead(503).end();
    const found = await call('/ready');
    expect(found.status).toBe(503);
    expect(JSON.parse(found.text)).toMatchObject({
      error: 'Shards not ready: a, dead',
      shards: { a: 'not ready (status 503)', b: 'ready', dead: 'unavailable' },
    });
  });

  it('shows the table of routes', async () => {
    expect(JSON.parse((await call('/routes')).text)).toEqual({
      routes: { AAA: 'a', AAB: 'a', BBB: 'b', DDD: 'dead' },
      shards: { a: a.origin, b: b.origin, dead: 'http://127.0.0.1:1' },
    });
  });
});

function rawRequest(options: { method: string; path: string; headers: Record<string, string>; body: string }) {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const { method, path, headers, body } = options;
    const request = httpRequest(`${gateway.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function rawBytes(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}
