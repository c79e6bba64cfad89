/** Engines as programs: started from `bin/run.js`, spoken to over HTTP, killed when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const READY_MS_MAX = 20_000;
export const SYMBOL = 'TEST-ASSET-A';

export interface RunningEngine {
  url: string;
  metricsUrl: string;
  child: ChildProcess;
  /** Lines of its log. */
  lines: string[];
  exit: Promise<number | null>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mex-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Any `mex` command line, to its end. */
export async function runMex(argv: string[], environment: Record<string, string> = {}) {
  const { child, exit, stderr, lines } = spawnMex(argv, environment);
  const stopped = setTimeout(() => child.kill('SIGKILL'), READY_MS_MAX);
  const code = await exit;
  clearTimeout(stopped);
  return { code, stderr: stderr(), stdout: lines.join('\n') };
}

export async function startEngineProcess(walPath: string, environment: Record<string, string> = {}) {
  const { child, exit, stderr, lines } = spawnMex(['serve', 'engine'], {
    HTTP_PORT: '0',
    METRICS_PORT: '0',
    WAL_PATH: walPath,
    KAFKA_BOOTSTRAP: '',
    ...environment,
  });
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready: ${lines.join('\n')} ${stderr()}`)), READY_MS_MAX);
    child.stdout?.on('data', () => {
      const line = lines.map((text) => JSON.parse(text) as Record<string, unknown>).find(({ msg }) => msg === 'ready');
      if (line === undefined) return;
      clearTimeout(late);
      resolve(line);
    });
    void exit.then((code) => reject(new Error(`ended with ${code}: ${stderr()}`)));
  });
  const { httpPort, metricsPort } = await ready;
  const url = `http://127.0.0.1:${httpPort}`;
  const engine: RunningEngine = {
    url,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    child,
    lines,
    exit,
    call: (method, path, body, headers = {}) => call(`${url}${path}`, method, body, headers),
  };
  return engine;
}

async function call(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method, headers: { ...type, ...headers }, body: text });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

function spawnMex(argv: string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, ['bin/run.js', ...argv], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { child, exit, lines, stderr: () => errors };
}
