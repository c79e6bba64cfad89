/**
 * One `mex` at a time changes the processes of a folder. The lock is a file that names its holder; it appears whole
 * (linked from a finished file), and one whose holder has ended is taken over.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { identify, isAlive, type ProcessIdentity } from '../../exec/process-identity.ts';

/** Each try but the last finds a lock that was left behind, and removes it. */
const TRIES_MAX = 3;

/** @throws MexError `TARGET_BUSY`, exit 5, when a living process holds it. */
export async function withTargetLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const own = `${path}.${process.pid}`;
  await writeFile(own, JSON.stringify(await identify(process.pid)));
  try {
    await acquire(path, own);
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    if (await linked(own, path)) return;
    const holder = await holderOf(path);
    if (holder !== undefined && (await isAlive(holder))) throw busy(holder);
    await removeStale(path, `${own}.stale`);
  }
  throw busy(await holderOf(path));
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw problem;
  }
}

/** Moves the lock aside before it looks again: another `mex` may have taken it over in between, and gets it back. */
async function removeStale(path: string, aside: string): Promise<void> {
  await rename(path, aside).catch(() => undefined);
  const holder = await holderOf(aside);
  if (holder !== undefined && (await isAlive(holder))) await linked(aside, path);
  await rm(aside, { force: true });
}

async function holderOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function busy(holder: ProcessIdentity | undefined): MexError {
  const who = holder === undefined ? 'Another mex' : `Another mex (pid ${holder.pid})`;
  return new MexError(`${who} is changing the local target`, {
    code: 'TARGET_BUSY',
    exit: EXIT.environment,
    suggestion: 'Wait until it has ended, then run this again.',
  });
}
