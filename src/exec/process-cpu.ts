/** The CPU time that a process has taken, in milliseconds. Undefined: it is gone, or the system does not tell. Linux. */
import { readFile } from 'node:fs/promises';

/** The kernel counts in hundredths of a second, whatever its own ticks are. */
const TICK_MS = 10;

export async function cpuMsOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in brackets may hold anything; user and system time are the 12th and 13th field behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
