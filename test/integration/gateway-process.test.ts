import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeShard, hangIn, startFakeShard } from './fake-shard.ts';
import { runGatewayToEnd, startGatewayProcess, until } from './gateway-process.ts';

let shard: FakeShard;

beforeAll(async () => {
  shard = await startFakeShard();
});

afterAll(() => shard.close());

const env = () => ({ ME_SHARD_MAP: `a=${shard.origin}`, SHARD_SYMBOLS_MAP: 'a=AAA' });
const post = (url: string, body: string) =>
  fetch(`${url}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

describe('mex serve gateway', () => {
  it('refuses a wrong configuration with exit 64 and a line for each problem', async () => {
    const { code, stdout, stderr } = await runGatewayToEnd({ HTTP_PORT: 'x', SHARD_TIMEOUT_MS: '0' });
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([
      'mex: HTTP_PORT has "x": allowed is a whole number from 0 to 65535',
      'mex: SHARD_TIMEOUT_MS has "0": allowed is a whole number from 1 to 60000',
    ]);
  });

  it('ends with exit 74 when its port is taken', async () => {
    const port = new URL(shard.origin).port;
    const { code, stderr } = await runGatewayToEnd({ ...env(), HTTP_PORT: port });
    expect(code).toBe(74);
    expect(stderr).toMatch(new RegExp(`^mex: Cannot listen on 127.0.0.1 port ${port}: .*EADDRINUSE.*\n$`));
  });

  it('finishes what is in flight, refuses what is new, logs one ready line and exits 0', async () => {
    const gateway = await startGatewayProcess(env());
    shard.behave = hangIn(shard);
    const inFlight = post(gateway.url, '{"symbol":"AAA"}');
    await until(() => shard.hanging.length === 1);
    gateway.child.kill('SIGTERM');
    await until(() => gateway.output.stdout.includes('"draining"'));
    const refused = await post(gateway.url, '{"symbol":"AAA"}');
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'Gateway is stopping', outcome: 'not_accepted' },
    ]);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(503);
    shard.hanging[0]?.writeHead(200, { 'content-type': 'application/json' }).end('{"late":true}');
    const answered = await inFlight;
    expect([answered.status, answered.headers.get('connection')]).toEqual([200, 'close']);
    expect(await answered.text()).toBe('{"late":true}');
    expect(await gateway.ended).toBe(0);
    expect(gateway.output.stderr).toBe('');
    const lines = gateway.output.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    expect(lines).toEqual(['ready', 'draining', 'stopped']);
  });

  it('has every series at zero from the start, and counts what it answers', async () => {
    const gateway = await startGatewayProcess(env());
    shard.behave = (_, response) => void response.writeHead(200).end('{}');
    try {
      const atStart = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
      for (const series of [
        ...['a', 'unknown'].flatMap((name) => ['2xx', '4xx', '5xx'].map((status) => requests(name, status))),
        ...['unknown_symbol', 'shard_unavailable', 'timeout', 'overloaded'].map(routingErrors),
        'gw_request_duration_seconds_bucket{le="0.001",shard="a"}',
        'gw_request_duration_seconds_count{shard="a"}',
      ]) {
        expect(atStart).toContain(`${series} 0\n`);
      }
      expect(atStart).toContain('process_start_time_seconds ');
      await post(gateway.url, '{"symbol":"AAA"}');
      await post(gateway.url, '{"symbol":"BBB"}');
      await until(async () => {
        const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
        return [requests('a', '2xx'), requests('unknown', '4xx'), routingErrors('unknown_symbol')].every((series) =>
          text.includes(`${series} 1\n`),
        );
      });
      expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
    } finally {
      expect(await gateway.stop()).toBe(0);
    }
  });
});

const requests = (shardId: string, status: string) => `gw_requests_total{shard="${shardId}",status="${status}"}`;
const routingErrors = (reason: string) => `gw_routing_errors_total{reason="${reason}"}`;
