/** Runs the client as a program of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClosedResult, OpenResult } from './client.ts';

const CLIENT = join(import.meta.dirname, 'client.ts');

async function run(port: number, mode: string, amount: number, seconds: number): Promise<unknown> {
  const argv = [CLIENT, String(port), mode, String(amount), String(seconds)];
  return JSON.parse((await promisify(execFile)(process.execPath, argv)).stdout);
}

/** Each connection sends as soon as it is answered. */
export async function closedLoop(port: number, connections: number, seconds: number): Promise<ClosedResult> {
  const result = (await run(port, 'closed', connections, seconds)) as ClosedResult;
  if (result.refused > 0) throw new Error(`${result.refused} orders were refused`);
  return result;
}

/** Orders are sent when they are due. */
export async function openLoop(port: number, perSecond: number, seconds: number): Promise<OpenResult> {
  const result = (await run(port, 'open', perSecond, seconds)) as OpenResult;
  if (result.refused > 0) throw new Error(`${result.refused} orders were refused`);
  return result;
}
