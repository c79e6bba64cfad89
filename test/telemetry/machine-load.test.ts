import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMachineFacts } from '../../src/telemetry/machine-facts.ts';
import {
  type MachineSnapshot,
  machineEvidence,
  parseProcPidStat,
  parseProcStat,
  snapshotMachine,
} from '../../src/telemetry/machine-load.ts';
import { skipped } from '../skipped.ts';

const snapshot = (over: Partial<MachineSnapshot>): MachineSnapshot => ({
  cores: 2,
  total: 0,
  idle: 0,
  steal: 0,
  processes: {},
  ...over,
});
const engine = (ticks: number, startedAt = 5) => ({ pid: 10, startedAt, ticks });

test('what is busy and neither stolen nor ours is foreign', () => {
  const before = snapshot({ total: 1_000, idle: 400, steal: 10, processes: { engine: engine(50) } });
  const after = snapshot({ total: 3_000, idle: 1_400, steal: 110, processes: { engine: engine(450) } });
  expect(machineEvidence(before, after, { generator: 2_000 })).toEqual({
    cores: 2,
    stealShare: 0.05,
    foreignShare: (1_000 - 100 - 400 - 200) / 2_000,
    processes: { engine: 0.4, generator: 0.2 },
  });
});

test('a process that was replaced in between is not told, and counts as foreign', () => {
  const before = snapshot({ total: 0, processes: { engine: engine(50) } });
  const after = snapshot({ total: 1_000, idle: 500, processes: { engine: engine(60, 6) } });
  expect(machineEvidence(before, after, {})).toMatchObject({ processes: {}, foreignShare: 0.5 });
});

test('a share is never below zero', () => {
  const before = snapshot({ processes: { engine: engine(0) } });
  const after = snapshot({ total: 100, idle: 100, processes: { engine: engine(3) } });
  expect(machineEvidence(before, after, {})?.foreignShare).toBe(0);
});

test('nothing is said where the system does not tell, or no time has passed', () => {
  expect(machineEvidence(null, snapshot({ total: 1 }), {})).toBeNull();
  expect(machineEvidence(snapshot({}), null, {})).toBeNull();
  expect(machineEvidence(snapshot({ total: 5 }), snapshot({ total: 5 }), {})).toBeNull();
});

test('/proc/stat: guest time is not counted twice, waiting for a disk is idle', () => {
  const text = 'cpu  100 10 50 800 40 1 2 7 60 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\nintr 1\n';
  expect(parseProcStat(text)).toEqual({ cores: 2, total: 1_010, idle: 840, steal: 7 });
  expect(parseProcStat('nonsense')).toBeNull();
});

test('/proc/PID/stat of a process whose name has brackets and spaces', () => {
  const fields = Array.from({ length: 40 }, (_, index) => String(index + 3));
  expect(parseProcPidStat(`77 (a) b (c) ${fields.join(' ')}`)).toEqual({ startedAt: 22, ticks: 14 + 15 });
  expect(parseProcPidStat('77 (x) S')).toBeNull();
});

test.skipIf(skipped(!existsSync('/proc/stat'), 'the load of this machine', 'there is no /proc/stat'))(
  'a real machine tells of this process and not of one that is not there',
  async () => {
    const found = await snapshotMachine({ self: process.pid, nobody: 2 ** 30 });
    expect(found?.processes).toMatchObject({ self: { pid: process.pid } });
    expect(found?.processes).not.toHaveProperty('nobody');
    expect(found?.total).toBeGreaterThan(found?.idle ?? 0);
  },
);

test('the facts of this machine', async () => {
  const facts = await readMachineFacts();
  expect(facts).toMatchObject({ nodeVersion: process.version, arch: process.arch });
  expect(facts.cores).toBeGreaterThan(0);
  expect(facts.memoryBytes).toBeGreaterThan(facts.memoryFreeBytes);
});
