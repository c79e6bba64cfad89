/** Servers as the benchmarks start them: programs of their own, on free ports of the loopback, ended when done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Server {
  child: ChildProcess;
  port: number;
  metricsPort: number;
  /** From the start of the program to its word that it is ready. */
  readyMs: number;
  stop(): Promise<void>;
}

const MEX = join(import.meta.dirname, '../bin/run.js');

const BARE_SERVER = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"status":"ACCEPTED","orderId":"x","shardId":"a","timestamp":1}');
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ msg: 'ready', httpPort: server.address().port })));
`;

export function startEngine(walPath: string, nodeOptions: string[] = [], env: Record<string, string> = {}) {
  const ports = { HTTP_PORT: '0', METRICS_PORT: '0', KAFKA_BOOTSTRAP: '' };
  return start([...nodeOptions, MEX, 'serve', 'engine'], { ...ports, WAL_PATH: walPath, ...env });
}

/** The stand-in. */
export function startBroker(folder: string): Promise<Server> {
  return start([MEX, 'serve', 'broker'], { BROKER_PORT: '0', BROKER_DATA: folder });
}

/** In front of one engine, which has all symbols. */
export function startGateway(enginePort: number): Promise<Server> {
  return start([MEX, 'serve', 'gateway'], {
    ...{ HTTP_PORT: '0', METRICS_PORT: '0', ME_SHARD_MAP: `a=http://127.0.0.1:${enginePort}` },
    SHARD_SYMBOLS_MAP: 'a=TEST-ASSET-A:TEST-ASSET-B',
  });
}

/** What `node:http` does at best: it answers a fixed body. */
export function startBare(): Promise<Server> {
  return start(['-e', BARE_SERVER], {});
}

async function start(argv: string[], env: Record<string, string>): Promise<Server> {
  const started = performance.now();
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line);
    if (entry.msg !== 'ready') continue;
    const readyMs = performance.now() - started;
    child.stdout.resume();
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    };
    return { child, port: entry.httpPort, metricsPort: entry.metricsPort, readyMs, stop };
  }
  throw new Error(`${argv.join(' ')} ended before it was ready`);
}

/** A folder that is gone when `use` is done. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'mex-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
