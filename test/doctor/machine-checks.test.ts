import { describe, expect, it } from 'vitest';
import type { Check, TargetName } from '../../src/doctor/check.ts';
import { type Machine, wslOf } from '../../src/doctor/machine.ts';
import { machineChecks } from '../../src/doctor/machine-checks.ts';

const GOOD: Machine = {
  platform: 'linux',
  release: '6.1',
  arch: 'x64',
  cores: 8,
  memoryBytes: 16e9,
  wsl: 'no',
  nodeVersion: '24.21.0',
  results: { path: '/w/results', exists: true, writable: true, freeBytes: 50e9 },
};

const notOk = (machine: Machine, target: TargetName = 'local'): Check[] =>
  machineChecks(machine, target).filter(({ ok }) => !ok);

describe('what the machine must offer', () => {
  it('is content with a good one, and has nothing to hint', () => {
    expect(machineChecks(GOOD, 'k8s').every(({ ok, hint }) => ok && hint === null)).toBe(true);
  });

  const cases: [string, Partial<Machine>, TargetName, string[]][] = [
    ['Windows', { platform: 'win32' }, 'local', ['operating system']],
    ['32 bits', { arch: 'ia32' }, 'local', ['architecture']],
    ['2 GB for local', { memoryBytes: 2e9 }, 'local', []],
    ['less than 2 GB for local', { memoryBytes: 2e9 - 1 }, 'local', ['memory']],
    ['8 GB for k8s', { memoryBytes: 8e9 }, 'k8s', []],
    ['less than 8 GB for k8s', { memoryBytes: 8e9 - 1 }, 'k8s', ['memory']],
    ['less than 8 GB on WSL2', { memoryBytes: 8e9 - 1, wsl: 'WSL2' }, 'local', ['memory']],
    [
      'less than 10 GB of disk on WSL2',
      { results: { ...GOOD.results, freeBytes: 1e10 - 1 }, wsl: 'WSL2' },
      'local',
      ['free disk'],
    ],
    ['WSL1', { wsl: 'WSL1' }, 'local', ['WSL']],
    ['Node 22.18', { nodeVersion: '22.18.9' }, 'local', ['Node']],
    ['Node 22.19', { nodeVersion: '22.19.0' }, 'local', []],
    ['a folder it may not write to', { results: { ...GOOD.results, writable: false } }, 'local', ['results folder']],
    ['6 cores', { cores: 6 }, 'local', []],
    ['5 cores', { cores: 5 }, 'local', ['CPU cores']],
  ];
  it.each(cases)('%s', (_, facts, target, names) => {
    const found = notOk({ ...GOOD, ...facts }, target);
    expect(found.map(({ name }) => name)).toEqual(names);
    for (const { name, needed, hint } of found) {
      expect(needed).toBe(name !== 'CPU cores');
      expect(hint).not.toBeNull();
    }
  });

  it.each([
    [2, '3 processes'],
    [3, '6 processes'],
    [5, '6 processes'],
  ])('warns of %i cores', (cores, text) => {
    expect(notOk({ ...GOOD, cores })[0]?.hint).toContain(text);
  });

  it.each([
    ['4.4.0-19041-Microsoft', 'WSL1'],
    ['5.15.90.1-microsoft-standard-WSL2', 'WSL2'],
    ['6.8.0-41-generic', 'no'],
    ['', 'no'],
  ])('sees from the kernel %j that it is %s', (kernel, wsl) => {
    expect(wslOf(kernel)).toBe(wsl);
  });
});
