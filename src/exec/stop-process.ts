/** Ends one process of ours, kindly first, and makes sure that it is gone. */
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** A server drains within this time, or is killed. */
const DRAIN_MS_MAX = 10_000;
/** A killed process is gone at once, unless the kernel holds it. */
const KILL_MS_MAX = 5_000;
const LOOK_EVERY_MS = 20;

/** False when it did not run any more. A pid that another process has by now is never signalled. */
export async function stopProcess(identity: ProcessIdentity, drainMsMax = DRAIN_MS_MAX): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  signal(identity.pid, 'SIGTERM');
  // One that a fault has stopped would not hear of it.
  signal(identity.pid, 'SIGCONT');
  if (await isGoneWithin(identity, drainMsMax)) return true;
  signal(identity.pid, 'SIGKILL');
  if (await isGoneWithin(identity, KILL_MS_MAX)) return true;
  throw new MexError(`Process ${identity.pid} does not end, not even killed`, {
    code: 'STILL_RUNNING',
    exit: EXIT.environment,
    suggestion: `See: ps -o pid,stat,wchan,args -p ${identity.pid}`,
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== 'ESRCH') throw problem;
  }
}

async function isGoneWithin(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (await isAlive(identity)) {
    if (performance.now() > endMs) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}
