/** The stand-in broker as a program, so that it can be stopped and killed as a broker is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { PROGRAM } from '../mex-process.ts';

const READY_MS_MAX = 20_000;

export interface BrokerProcess {
  address: string;
  port: number;
  folder: string;
  child: ChildProcess;
  kill(): Promise<void>;
}

export function brokerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mex-broker-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startBrokerProcess(folder = brokerFolder(), port = 0): Promise<BrokerProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', 'broker'], {
    env: { ...process.env, BROKER_PORT: String(port), BROKER_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  const ready = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the broker is not ready')), READY_MS_MAX);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, httpPort } = JSON.parse(line) as { msg: string; httpPort?: number };
      if (msg !== 'ready' || httpPort === undefined) return;
      clearTimeout(late);
      resolve(httpPort);
    });
  });
  return { address: `127.0.0.1:${ready}`, port: ready, folder, child, kill };
}
