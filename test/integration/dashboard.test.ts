/** `mex dashboard` as a person runs it, against servers that answer as Grafana does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runMex } from '../mex-process.ts';

async function grafanaThatAnswers(status: number): Promise<string> {
  const server = createServer(({ url }, response) => {
    const isHealth = url === '/api/health';
    response.writeHead(isHealth ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isHealth ? { database: 'ok', version: '13.2.0' } : { dashboard: {} }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('says where the dashboard is, on a line of its own', async () => {
  const url = await grafanaThatAnswers(200);
  const ended = await runMex(['dashboard', '--grafana', url], '.');
  expect(ended).toEqual({ exit: 0, stdout: `${url}/d/me-experiment\n`, stderr: '' });
});

it('says where it should be, behind a login', async () => {
  const url = await grafanaThatAnswers(401);
  const { exit, stdout, stderr } = await runMex(['dashboard', '--grafana', url], '.');
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${url}/d/me-experiment\n` });
  expect(stderr).toMatch(/^mex: Grafana is there, behind a login: .*\n$/);
});

it('is one document with --json, also where the login is not passed', async () => {
  const url = await grafanaThatAnswers(401);
  const { exit, stdout, stderr } = await runMex(['dashboard', '--grafana', url, '--json'], '.');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    url: `${url}/d/me-experiment`,
    grafana: { version: '13.2.0' },
    dashboard: 'behind a login',
  });
});

it('ends with 5 where Grafana lacks it', async () => {
  const { exit, stdout, stderr } = await runMex(['dashboard', '--grafana', await grafanaThatAnswers(404)], '.');
  expect({ exit, stdout }).toEqual({ exit: 5, stdout: '' });
  expect(stderr).toMatch(
    /^mex: Grafana at \S+ has no dashboard me-experiment\. In it, choose .*me-experiment\.json.*\n$/,
  );
});
