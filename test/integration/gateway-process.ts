/** Runs `mex serve gateway` as a person would, and waits for conditions with a limit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface GatewayProcess {
  url: string;
  metricsUrl: string;
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** Resolves with its exit code when it has ended. */
  ended: Promise<number | null>;
  /** Ends it and tells its exit code. */
  stop(): Promise<number | null>;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function spawnGateway(env: Record<string, string>, args: string[] = []) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['bin/run.js', 'serve', 'gateway', ...args], {
    env: { PATH, HOME, HTTP_PORT: '0', METRICS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return { child, output };
}

export async function startGatewayProcess(env: Record<string, string>): Promise<GatewayProcess> {
  const { child, output } = spawnGateway(env);
  const line = await until(() => {
    if (child.exitCode !== null) throw new Error(`gateway ended: ${output.stderr}${output.stdout}`);
    return output.stdout.split('\n').find((text) => text.endsWith('}') && JSON.parse(text).msg === 'ready');
  });
  const { httpPort, metricsPort } = JSON.parse(line);
  const ended = once(child, 'close').then(() => child.exitCode);
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  const host = 'http://127.0.0.1';
  return { url: `${host}:${httpPort}`, metricsUrl: `${host}:${metricsPort}`, child, output, ended, stop };
}

export async function runGatewayToEnd(env: Record<string, string>, args: string[] = []): Promise<Finished> {
  const { child, output } = spawnGateway(env, args);
  await once(child, 'close');
  return { code: child.exitCode, ...output };
}

/** Looks again until the answer is neither false nor undefined. */
export async function until<T>(look: () => T | Promise<T>, limitMs = 20_000): Promise<NonNullable<T>> {
  for (const startedAtMs = performance.now(); ; ) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    if (performance.now() - startedAtMs > limitMs) throw new Error(`condition not met: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
