/**
 * Whose was the machine's CPU time? Two snapshots of /proc around a window, and from them the share that was stolen by
 * the hypervisor and the share of processes that are not the experiment's. Null where /proc is not there.
 */
import { readFile } from 'node:fs/promises';
import type { MachineEvidence } from '../experiment/evidence.ts';

/** CPU time in clock ticks. Linux shows user space 100 a second, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;

export interface MachineSnapshot {
  cores: number;
  /** CPU time of the machine since it started, ticks, over all cores. */
  total: number;
  idle: number;
  steal: number;
  /** The experiment's processes that were alive, by name. */
  processes: Record<string, { pid: number; startedAt: number; ticks: number }>;
}

/** @param pids the experiment's processes by name; those that are not there are left out. */
export async function snapshotMachine(pids: Readonly<Record<string, number>>): Promise<MachineSnapshot | null> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => null);
  const machine = text === null ? null : parseProcStat(text);
  if (machine === null) return null;
  const processes: MachineSnapshot['processes'] = {};
  for (const [name, pid] of Object.entries(pids)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    const found = stat === null ? null : parseProcPidStat(stat);
    if (found !== null) processes[name] = { pid, ...found };
  }
  return { ...machine, processes };
}

/**
 * What happened between two snapshots. A process that ended or was replaced in between does not tell its time: it is
 * left out of `processes`, and what it took counts as foreign unless it is given in `extraCpuMs`.
 * @param extraCpuMs CPU time, milliseconds, of processes of the experiment that have told it themselves (the generator).
 */
export function machineEvidence(
  before: MachineSnapshot | null,
  after: MachineSnapshot | null,
  extraCpuMs: Readonly<Record<string, number>>,
): MachineEvidence | null {
  if (before === null || after === null) return null;
  const total = after.total - before.total;
  if (total <= 0) return null;
  const ticks: Record<string, number> = {};
  for (const [name, end] of Object.entries(after.processes)) {
    const start = before.processes[name];
    if (start?.pid === end.pid && start.startedAt === end.startedAt) ticks[name] = end.ticks - start.ticks;
  }
  for (const [name, cpuMs] of Object.entries(extraCpuMs)) ticks[name] = (cpuMs / 1_000) * TICKS_PER_SECOND;
  const ours = Object.values(ticks).reduce((sum, one) => sum + one, 0);
  const steal = Math.max(0, after.steal - before.steal);
  const busy = total - (after.idle - before.idle);
  const ticksPerCore = total / after.cores;
  return {
    cores: after.cores,
    stealShare: shareOf(steal, total),
    foreignShare: shareOf(busy - steal - ours, total),
    processes: Object.fromEntries(Object.entries(ticks).map(([name, own]) => [name, own / ticksPerCore])),
  };
}

/** The line `cpu  user nice system idle iowait irq softirq steal …`; guest time is within user time. */
export function parseProcStat(text: string): Omit<MachineSnapshot, 'processes'> | null {
  const line = /^cpu\s+(.*)$/m.exec(text)?.[1];
  const cores = text.match(/^cpu\d+\s/gm)?.length ?? 0;
  if (line === undefined || cores === 0) return null;
  const times = line.trim().split(/\s+/).slice(0, 8).map(Number);
  const [, , , idle = 0, iowait = 0, , , steal = 0] = times;
  return { cores, total: times.reduce((sum, time) => sum + time, 0), idle: idle + iowait, steal };
}

/** Fields 14, 15 (user and system time) and 22 (start); the name in field 2 may hold spaces and brackets. */
export function parseProcPidStat(text: string): { startedAt: number; ticks: number } | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, startedAt] = [fields[11], fields[12], fields[19]].map(Number);
  if (user === undefined || system === undefined || startedAt === undefined) return null;
  return Number.isFinite(user + system + startedAt) ? { startedAt, ticks: user + system } : null;
}

/** Ticks of different clocks can differ by a few: a share is never below 0 or above 1. */
function shareOf(part: number, total: number): number {
  return Math.min(1, Math.max(0, part / total));
}
