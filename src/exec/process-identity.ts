/**
 * Which process is meant: its pid, and when it started. Pids are used again, so a pid alone is never signalled.
 * Linux counts the start from boot, so the boot belongs to it; elsewhere `ps` tells the date.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  startTime: string;
  /** Empty where the start time is a date. */
  bootId: string;
}

const PS_MS_MAX = 5_000;

/** Undefined: there is no such process, or it has ended and only waits to be collected. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = process.platform === 'linux' ? await startTimeOnLinux(pid) : await startTimeByPs(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: await readBootId() };
}

/** True if this very process runs, not another one with its pid. */
export async function isAlive({ pid, startTime, bootId }: ProcessIdentity): Promise<boolean> {
  const now = await identify(pid);
  return now !== undefined && now.startTime === startTime && now.bootId === bootId;
}

async function readBootId(): Promise<string> {
  if (process.platform !== 'linux') return '';
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** Field 3 is the state, field 22 the start in ticks since boot; the name in field 2 may hold spaces and brackets. */
async function startTimeOnLinux(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state] = fields;
  return state === undefined || state === 'Z' || state === 'X' ? undefined : fields[19];
}

async function startTimeByPs(pid: number): Promise<string | undefined> {
  try {
    const argv = ['-o', 'stat=,lstart=', '-p', String(pid)];
    const { stdout } = await promisify(execFile)('ps', argv, {
      timeout: PS_MS_MAX,
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [, state = '', startTime = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(stdout) ?? [];
    return state.startsWith('Z') || startTime === '' ? undefined : startTime;
  } catch {
    return undefined;
  }
}
