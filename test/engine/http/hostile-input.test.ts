import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEngineConfig } from '../../../src/engine/engine-config.ts';
import { type Engine, startEngine } from '../../../src/engine/start-engine.ts';
import { SYMBOL } from '../orders.ts';
import { exchange, open, type RawAnswer } from './raw-http.ts';

let engine: Engine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mex-engine-'));
  const ports = { HTTP_PORT: '0', METRICS_PORT: '0', KAFKA_BOOTSTRAP: '' };
  engine = await startEngine(parseEngineConfig({ ...ports, WAL_PATH: folder, WAL_SIZE_MB: '1' }));
});

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

let orders = 0;
const order = (): string =>
  JSON.stringify({ orderId: `h-${++orders}`, symbol: SYMBOL, side: 'SELL', price: 100, quantity: 1 });
const JSON_TYPE = 'Content-Type: application/json';
/** A request with these lines for a head; the host and nothing else is added. */
const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: x', ...headers, '', body].join('\r\n');
const place = (headers: readonly string[], body: string): string =>
  request('POST /orders', [JSON_TYPE, ...headers], body);
const sized = (body: string): string => place([`Content-Length: ${Buffer.byteLength(body)}`], body);

async function ask(...pieces: string[]): Promise<RawAnswer> {
  const { answers } = await exchange(engine.httpPort, ...pieces);
  expect(answers).toHaveLength(1);
  return answers[0] as RawAnswer;
}

async function resting(): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${engine.httpPort}/book/${SYMBOL}?levels=1000`);
  const { asks } = (await answer.json()) as { asks: { orders: number }[] };
  return asks.reduce((sum, level) => sum + level.orders, 0);
}

const refused = (reason: string) => ({ status: 'REJECTED', orderId: null, reason, outcome: 'not_accepted' });
const MEDIA_TYPE = 'Content-Type must be application/json';
const ORDER_ID = 'Invalid orderId: must be 1 to 64 characters of A-Z a-z 0-9 . _ : -';
const PATH_FORM = 'The request target must be a path';
const BAD = 'Bad Request';
const BODY = JSON.stringify({ orderId: 'never', symbol: SYMBOL, side: 'SELL', price: 100, quantity: 1 });
const SIZE = `Content-Length: ${BODY.length}`;
const chunkOf = (text: string, extension = ''): string =>
  `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;

describe('refused, and nothing placed', () => {
  it.each<[string, string, number, string]>([
    ['another method', request('PUT /orders'), 405, 'Method not allowed: PUT, use POST'],
    ['TRACE', request('TRACE /orders'), 405, 'Method not allowed: TRACE, use POST'],
    ['OPTIONS for all', request('OPTIONS *'), 400, PATH_FORM],
    ['CONNECT', request('CONNECT x:1'), 405, 'Method not allowed: CONNECT'],
    ['an unknown method', request('BREW /orders'), 400, BAD],
    ['another path', request('GET /admin'), 404, 'Unknown path: /admin'],
    ['two slashes', request('POST //orders', [JSON_TYPE, SIZE], BODY), 404, 'Unknown path: //orders'],
    ['a slash behind', request('POST /orders/', [JSON_TYPE, SIZE], BODY), 404, 'Unknown path: /orders/'],
    ['dots', request('POST /x/../orders', [JSON_TYPE, SIZE], BODY), 404, 'Unknown path: /x/../orders'],
    ['encoded dots', request('GET /book/%2e%2e'), 404, 'Unknown symbol: ..'],
    ['an encoded slash', request('DELETE /orders/a%2fb'), 400, ORDER_ID],
    ['an encoded line break', request('DELETE /orders/a%0d%0ab'), 400, ORDER_ID],
    ['a broken escape', request('DELETE /orders/%zz'), 400, 'Malformed path'],
    ['an absolute form', request('POST http://x/orders', [JSON_TYPE, SIZE], BODY), 400, PATH_FORM],
    ['no host', `POST /orders HTTP/1.1\r\n${JSON_TYPE}\r\n${SIZE}\r\n\r\n${BODY}`, 400, 'No Host header'],
    ['two hosts', place(['host: y', SIZE], BODY), 400, 'More than one Host header'],
    ['no media type', request('POST /orders', [SIZE], BODY), 415, MEDIA_TYPE],
    ['a form', request('POST /orders', ['Content-Type: text/plain', SIZE], BODY), 415, MEDIA_TYPE],
    ['gzip', place(['Content-Encoding: gzip', SIZE], BODY), 415, 'Content-Encoding is not supported'],
    ['no length', place([], ''), 400, 'Malformed JSON'],
    ['a negative length', place(['Content-Length: -1'], BODY), 400, BAD],
    ['a signed length', place(['Content-Length: +5'], BODY), 400, BAD],
    ['a huge length', place(['Content-Length: 99999999999'], BODY), 413, 'Body larger than 65536 bytes'],
    ['two lengths', place([SIZE, SIZE], BODY), 400, BAD],
    ['length and chunks', place([SIZE, 'Transfer-Encoding: chunked'], chunkOf(BODY)), 400, BAD],
    ['an unknown coding', place(['Transfer-Encoding: xchunked'], chunkOf(BODY)), 400, BAD],
    ['a chunk without a size', place(['Transfer-Encoding: chunked'], `z\r\n${BODY}\r\n`), 400, BAD],
    ['an expectation', place([SIZE, 'Expect: a miracle'], BODY), 417, 'Expect: only 100-continue is understood'],
    ['an upgrade', request('GET /health', ['Connection: Upgrade', 'Upgrade: h2c']), 400, 'Upgrade is not supported'],
    ['a body for GET', request('GET /health', [SIZE], BODY), 400, 'A GET request has no body'],
    ['a body for DELETE', request('DELETE /orders/x', [SIZE], BODY), 400, 'A DELETE request has no body'],
    ['a bare line feed', place([SIZE], BODY).replaceAll('\r\n', '\n'), 400, BAD],
    ['a folded header', place([SIZE, 'X: a\r\n b'], BODY), 400, BAD],
    ['a space before the colon', place([`Content-Length : ${BODY.length}`], BODY), 400, BAD],
    ['a NUL in a header', place([SIZE, 'X: a\u0000b'], BODY), 400, BAD],
    ['17 KB of headers', place([SIZE, `X: ${'x'.repeat(17_000)}`], BODY), 431, 'Request Header Fields Too Large'],
    ['65 headers', place([SIZE, ...many(62)], BODY), 431, 'More than 64 headers'],
    ['3,000 headers', request('GET /health', many(3_000)), 431, 'Request Header Fields Too Large'],
    ['HTTP/0.9', 'GET /health\r\n\r\n', 400, 'HTTP/0.9 is not spoken here, only HTTP/1.1'],
    ['HTTP/3.0', 'GET /health HTTP/3.0\r\nHost: x\r\n\r\n', 400, BAD],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000', 400, BAD],
    ['noise', '\u0000\u0001\u0002\u0003\r\n\r\n', 400, BAD],
  ])('%s', async (_, bytes, status, reason) => {
    const before = await resting();
    const answer = await ask(bytes);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, refused(reason)]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await resting()).toBe(before);
  });
});

function many(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X${index}: 1`);
}

describe('taken', () => {
  it.each<[string, () => string[]]>([
    ['a plain order', () => [sized(order())]],
    ['a parameter of the media type', () => [sized(order()).replace('json', 'json; charset=utf-8')]],
    ['a query nobody asked for', () => [sized(order()).replace('/orders', '/orders?x=1')]],
    ['a body in pieces', () => sized(order()).match(/[\s\S]{1,60}/g) ?? []],
    ['a body in chunks', () => [place(['Transfer-Encoding: chunked'], `${chunkOf(order())}0\r\n\r\n`)]],
    [
      'a chunk with an extension',
      () => [place(['Transfer-Encoding: chunked'], `${chunkOf(order(), ';x=1')}0\r\n\r\n`)],
    ],
    ['chunks with a trailer', () => [place(['Transfer-Encoding: chunked'], `${chunkOf(order())}0\r\nX: 1\r\n\r\n`)]],
    ['HTTP/1.0', () => [sized(order()).replace('HTTP/1.1', 'HTTP/1.0')]],
    ['64 headers', () => [sized(order()).replace('Host: x', ['Host: x', ...many(61)].join('\r\n'))]],
  ])('%s', async (_, pieces) => {
    const before = await resting();
    const answer = await ask(...pieces());
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([200, 'ACCEPTED']);
    expect(await resting()).toBe(before + 1);
  });

  it('a body that is asked for, once the head is sound', async () => {
    const body = order();
    const head = place([`Content-Length: ${body.length}`, 'Expect: 100-continue'], '');
    const { answers } = await exchange(engine.httpPort, head, body);
    expect(answers.map(({ status }) => status)).toEqual([100, 200]);
  });

  it('no body where the head is not', async () => {
    const head = request('POST /orders', ['Content-Type: text/plain', SIZE, 'Expect: 100-continue']);
    expect((await ask(head)).status).toBe(415);
  });

  it('1,000 requests in one go, answered in their order', async () => {
    const bodies = Array.from({ length: 1000 }, () => order());
    const { answers } = await exchange(engine.httpPort, bodies.map(sized).join(''));
    expect(answers.map(({ body }) => JSON.parse(body).orderId)).toEqual(bodies.map((body) => JSON.parse(body).orderId));
  });
});

describe('a client that goes away', () => {
  it('in the middle of its body places nothing', async () => {
    const before = await resting();
    const socket = await open(engine.httpPort);
    socket.write(sized(order()).slice(0, -5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    expect(await resting()).toBe(before);
  });

  it('before its answer has placed its order', async () => {
    const before = await resting();
    const socket = await open(engine.httpPort);
    socket.write(sized(order()), () => socket.resetAndDestroy());
    await expect.poll(resting).toBe(before + 1);
  });

  it('says more than it said it would: the order counts, the rest is no request', async () => {
    const before = await resting();
    const { answers, isClosed } = await exchange(engine.httpPort, `${sized(order())}surplus\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(isClosed).toBe(true);
    expect(await resting()).toBe(before + 1);
  });
});
