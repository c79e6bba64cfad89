/**
 * The engine over HTTP, durable, against a bare `node:http` server that answers a fixed body: requests a second with
 * 64 kept-alive connections, each sending its next request when the last one is answered. The rounds are interleaved.
 * Left out: latency under a given rate, which `mex test asr1` measures on the open model.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import type { BenchResult } from './run.ts';
import { medianWithRange } from './statistics.ts';

const CONNECTIONS = 64;
const ROUNDS = 5;
const ROUND_MS = 3_000;

const BARE_SERVER = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"status":"ACCEPTED","orderId":"x","shardId":"a","timestamp":1}');
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ msg: 'ready', httpPort: server.address().port })));
`;

export async function benchHttp(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mex-bench-'));
  const env = { ...process.env, HTTP_PORT: '0', METRICS_PORT: '0', WAL_PATH: join(folder, 'wal'), KAFKA_BOOTSTRAP: '' };
  const run = join(import.meta.dirname, '../bin/run.js');
  const servers = {
    engine: await start([run, 'serve', 'engine'], env),
    bare: await start(['-e', BARE_SERVER], process.env),
  };
  const rates = { engine: [] as number[], bare: [] as number[] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of ['engine', 'bare'] as const) rates[name].push(await requestsPerSecond(servers[name].port));
    }
  } finally {
    for (const { child } of Object.values(servers)) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
  const ratios = rates.engine.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN));
  return {
    conditions: `${CONNECTIONS} connections, ACK_MODE=durable, ${ROUNDS} interleaved rounds of ${ROUND_MS / 1000} s, client on the same machine`,
    rows: [
      {
        server: 'engine, durable',
        'requests/s': medianWithRange(rates.engine, 0),
        'against bare': medianWithRange(ratios),
      },
      { server: 'bare node:http', 'requests/s': medianWithRange(rates.bare, 0), 'against bare': '1' },
    ],
  };
}

async function start(argv: string[], env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line);
    if (entry.msg === 'ready') {
      child.stdout.resume();
      return { child, port: entry.httpPort };
    }
  }
  throw new Error(`${argv.join(' ')} ended before it was ready`);
}

let orders = 0;

async function requestsPerSecond(port: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  const started = performance.now();
  let answered = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - started < ROUND_MS) {
      const { body } = await pool.request({
        method: 'POST',
        path: '/orders',
        headers: { 'content-type': 'application/json' },
        body: order(),
      });
      await body.dump();
      answered++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  await pool.close();
  return answered / ((performance.now() - started) / 1000);
}

/** Buys and sells in turn at one price, so that the book stays small. */
function order(): string {
  const orderId = `bench-${orders++}`;
  const side = orders % 2 === 0 ? 'BUY' : 'SELL';
  return JSON.stringify({ orderId, symbol: 'TEST-ASSET-A', side, price: 15_000, quantity: 10 });
}
