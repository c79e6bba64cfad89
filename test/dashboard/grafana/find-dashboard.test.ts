/** Every answer that a Grafana can give, from servers that give it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findDashboard, parseGrafanaUrl } from '../../../src/dashboard/grafana/find-dashboard.ts';
import { addHint, startHint } from '../../../src/dashboard/grafana/grafana-hints.ts';
import { freePort } from '../../free-port.ts';

type Pages = Record<string, [status: number, body: unknown]>;

const WELL: Pages = { '/api/health': [200, { database: 'ok', version: '13.2.0', commit: 'abc' }] };
const ASKED = '/api/dashboards/uid/me-experiment';

async function grafanaWith(pages: Pages, path = ''): Promise<URL> {
  const server = createServer((request, response) => {
    const [status, body] = pages[request.url ?? ''] ?? [404, { message: 'Not found' }];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
}

const find = (grafana: URL, signal = new AbortController().signal) =>
  findDashboard({ grafana, hints: { start: 'start it', add: 'add it' }, signal });

describe('a Grafana', () => {
  it('that has the dashboard: where it is', async () => {
    const grafana = await grafanaWith({ ...WELL, [ASKED]: [200, { dashboard: {}, meta: {} }] });
    expect(await find(grafana)).toEqual({
      url: `${grafana.origin}/d/me-experiment`,
      grafana: { version: '13.2.0' },
      dashboard: 'there',
    });
  });

  it.each([401, 403])('that answers %i: it is there, behind a login', async (status) => {
    const grafana = await grafanaWith({ ...WELL, [ASKED]: [status, { message: 'Unauthorized' }] });
    expect(await find(grafana)).toMatchObject({ dashboard: 'behind a login' });
  });

  it('that keeps its version to itself is one all the same', async () => {
    const pages: Pages = { '/api/health': [200, { database: 'ok' }], [ASKED]: [401, {}] };
    expect(await find(await grafanaWith(pages))).toMatchObject({ grafana: { version: null } });
  });

  it.each(['/grafana', '/grafana/'])('below the path %s is asked there', async (path) => {
    const pages: Pages = { '/grafana/api/health': WELL['/api/health'] ?? [500, ''] };
    pages[`/grafana${ASKED}`] = [200, { dashboard: {} }];
    const grafana = await grafanaWith(pages, path);
    expect((await find(grafana)).url).toBe(`${grafana.origin}/grafana/d/me-experiment`);
  });

  it.each<[string, Pages, RegExp, string | RegExp]>([
    ['without the dashboard', WELL, /^Grafana at \S+ has no dashboard me-experiment$/, 'add it'],
    [
      'whose database is ill',
      { '/api/health': [503, { database: 'failing' }] },
      /is not well: it answered 503, its database: failing$/,
      /log/,
    ],
    ['that fails', { ...WELL, [ASKED]: [500, 'oops'] }, /answered 500 when asked for me-experiment$/, /log/],
    [
      'whose answer holds no dashboard',
      { ...WELL, [ASKED]: [200, '<html>'] },
      /answered 200 when asked for me-experiment$/,
      /log/,
    ],
    ['that is none', { '/api/health': [200, '<html>'] }, /^What answers at \S+ is no Grafana$/, /address/],
  ])('%s is an error of the environment', async (_what, pages, message, suggestion) => {
    const failed = find(await grafanaWith(pages));
    await expect(failed).rejects.toMatchObject({
      exit: 5,
      code: 'NO_DASHBOARD',
      message: expect.stringMatching(message),
      suggestion: expect.stringMatching(suggestion),
    });
  });

  it('that is not there is told, with how to start one', async () => {
    const grafana = new URL(`http://127.0.0.1:${await freePort()}`);
    await expect(find(grafana)).rejects.toMatchObject({
      exit: 5,
      message: expect.stringMatching(/^No Grafana answers at \S+: .*ECONNREFUSED/),
      suggestion: 'start it',
    });
  });

  it('is not waited for after an interrupt', async () => {
    const interrupt = new AbortController();
    interrupt.abort(new Error('interrupted'));
    await expect(find(await grafanaWith(WELL), interrupt.signal)).rejects.toThrow('interrupted');
  });
});

describe('its address', () => {
  it.each([['nonsense'], ['ftp://127.0.0.1'], ['127.0.0.1:3000']])('%s is wrong use', (text) => {
    expect(() => parseGrafanaUrl(text)).toThrow(expect.objectContaining({ exit: 2, code: 'GRAFANA_URL' }));
  });

  it('with a password in it is refused, and not shown again', () => {
    expect(() => parseGrafanaUrl('http://admin:secret@127.0.0.1:3000')).toThrow(
      expect.objectContaining({ exit: 2, message: expect.not.stringContaining('secret') }),
    );
  });
});

describe('the hint', () => {
  it('starts it on the port that was asked, where only this machine sees it', () => {
    const hint = startHint(new URL('http://127.0.0.1:3001'), 'linux');
    expect(hint).toContain('--network host');
    expect(hint).toContain('-e GF_SERVER_HTTP_ADDR=127.0.0.1 -e GF_SERVER_HTTP_PORT=3001');
    expect(hint).toContain('-e PROMETHEUS_URL=http://127.0.0.1:9090');
    expect(startHint(new URL('http://localhost:3001'), 'darwin')).toMatch(
      /-p 127\.0\.0\.1:3001:3000 .*PROMETHEUS_URL=http:\/\/host\.docker\.internal:9090/,
    );
  });

  it('starts it on the usual port where another machine was asked', () => {
    expect(startHint(new URL('http://grafana.example:8080'), 'linux')).toContain('GF_SERVER_HTTP_PORT=3000');
  });

  it('names the file to import', () => {
    expect(addHint()).toContain('/manifests/grafana/me-experiment.json');
  });
});
