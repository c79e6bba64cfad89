/** Runs `mex` as a person does: a process, its exit code, what it says on both streams. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

export const PROGRAM = resolve(import.meta.dirname, '../bin/run.js');

export interface Ended {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessByStdio<null, Readable, Readable>;
  ended: Promise<Ended>;
  /** Resolves once stderr has said this; rejects when mex ends first. */
  says(text: string | RegExp): Promise<void>;
}

export function startMex(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: undefined, CI: 'true', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (exit) => resolve({ exit, ...said })));
  const says = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof text === 'string' ? said.stderr.includes(text) : text.test(said.stderr)) resolve();
      };
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`mex ended without saying ${text}: ${said.stderr}`)));
      look();
    });
  return { child, ended, says };
}

export function runMex(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return startMex(args, cwd, env).ended;
}

/** Processes that belong to a folder: its path stands in their environment or arguments, or they run in it. Linux only. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['environ', 'cmdline', 'cwd'].some((file) => mentions(join('/proc', pid, file), folder)))
    .map(Number);
}

function mentions(path: string, folder: string): boolean {
  try {
    const text = basename(path) === 'cwd' ? readlinkSync(path) : readFileSync(path, 'latin1');
    return text.includes(folder);
  } catch {
    return false;
  }
}
