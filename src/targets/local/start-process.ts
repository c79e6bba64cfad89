/**
 * Starts one server in a session of its own, its output appended to a log file, and waits until it says that it is
 * ready, in words of its own. A server that ends first, says nothing in time or is no longer wanted is not left running.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { identify, type ProcessIdentity } from '../../exec/process-identity.ts';
import { stopProcess } from '../../exec/stop-process.ts';

export interface StartOptions {
  name: string;
  command: readonly [program: string, ...argv: string[]];
  env: NodeJS.ProcessEnv;
  logFile: string;
  readyMsMax: number;
  /** Its ports, once its output says that it is ready. */
  portsIn: (output: string) => ReadyPorts | undefined;
  /** Called as soon as the process is there, before it is ready. */
  onStarted: (identity: ProcessIdentity) => Promise<void>;
}

export interface ReadyPorts {
  httpPort: number;
  metricsPort: number;
}

const LOOK_EVERY_MS = 20;
const LOG_LINES_TOLD = 5;

/** @throws MexError `TARGET_DOWN` with the last log lines; the signal's reason when aborted. */
export async function startProcess(options: StartOptions, signal: AbortSignal): Promise<ReadyPorts> {
  signal.throwIfAborted();
  const log = await open(options.logFile, 'a');
  const { size: offset } = await log.stat();
  const [program, ...argv] = options.command;
  const child = spawn(program, argv, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: options.env,
  });
  const end = endOf(child);
  await log.close();
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  try {
    if (identity !== undefined) await options.onStarted(identity);
    const ports = await waitReady(options, { offset, end, signal });
    child.unref();
    return ports;
  } catch (problem) {
    if (identity !== undefined) await stopProcess(identity);
    throw problem;
  }
}

/** How the process ended, once it has. */
function endOf(child: ChildProcess): { how: string | undefined } {
  const end: { how: string | undefined } = { how: undefined };
  child.once('error', (problem) => {
    end.how = `could not be started: ${messageOf(problem)}`;
  });
  child.once('exit', (code, name) => {
    end.how =
      code === null ? `was ended by ${name} before it was ready` : `ended with code ${code} before it was ready`;
  });
  return end;
}

async function waitReady(
  { name, logFile, readyMsMax, portsIn }: StartOptions,
  { offset, end, signal }: { offset: number; end: { how: string | undefined }; signal: AbortSignal },
): Promise<ReadyPorts> {
  const limitMs = performance.now() + readyMsMax;
  for (;;) {
    signal.throwIfAborted();
    const { how } = end;
    const output = (await readFile(logFile)).subarray(offset).toString('utf8');
    const ports = portsIn(output);
    if (ports !== undefined) return ports;
    if (how !== undefined) throw down(`${name} ${how}`, output, logFile);
    if (performance.now() > limitMs)
      throw down(`${name} was not ready within ${readyMsMax / 1_000} s`, output, logFile);
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Servers of mex: a JSON line with `"msg":"ready"`. Only whole lines are read: the last one may still be on its way. */
export function readyPortsIn(output: string): ReadyPorts | undefined {
  for (const line of output.split('\n').slice(0, -1)) {
    if (!line.includes('"ready"')) continue;
    const { msg, httpPort, metricsPort = httpPort } = parsed(line);
    if (msg === 'ready' && isPort(httpPort) && isPort(metricsPort)) return { httpPort, metricsPort };
  }
  return undefined;
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

function down(what: string, output: string, logFile: string): MexError {
  const last = output.trim().split('\n').slice(-LOG_LINES_TOLD).join('\n');
  return new MexError(`${what}${last === '' ? ', and said nothing' : `:\n${last}\n`}`, {
    code: 'TARGET_DOWN',
    exit: EXIT.environment,
    suggestion: `Its log is ${logFile}`,
  });
}
