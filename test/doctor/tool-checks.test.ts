import { describe, expect, it } from 'vitest';
import { isMissing } from '../../src/doctor/check.ts';
import { describeChecks, describeRepairs } from '../../src/doctor/describe-checks.ts';
import { installHint, type ToolName } from '../../src/doctor/install-hints.ts';
import type { Machine } from '../../src/doctor/machine.ts';
import { TOOLS, toolChecks } from '../../src/doctor/tool-checks.ts';

const machine = { platform: 'linux', arch: 'x64', wsl: 'no' } as Machine;
const find = (versions: Record<string, string>) => async (question: { name: string }) => {
  const version = versions[question.name];
  return version === undefined ? ({ found: false } as const) : ({ found: true, version } as const);
};

describe('the tools of k8s', () => {
  const versions = { docker: '20.10', k3d: '5.9.0', kubectl: '1.27.9', helm: '4.0.1' };

  it('are needed for k8s: missing and too old ones fail', async () => {
    const checks = await toolChecks(machine, 'k8s', { find: find(versions) });
    expect(checks.filter(isMissing).map(({ name, found }) => [name, found])).toEqual([
      ['kubectl', '1.27.9'],
      ['k6', 'not found'],
      ['git', 'not found'],
    ]);
  });

  it('are listed for local, and never fail it', async () => {
    const checks = await toolChecks(machine, 'local', { find: find({}) });
    expect(checks.filter(isMissing)).toEqual([]);
    expect(checks.every(({ ok, wanted }) => !ok && wanted.endsWith('(for k8s)'))).toBe(true);
  });

  it('tells what a tool that fails has said', async () => {
    const broken = async () => ({ found: true, problem: 'Cannot connect' }) as const;
    const [check] = await toolChecks(machine, 'k8s', { find: broken });
    expect(check).toMatchObject({ ok: false, found: 'there, but Cannot connect' });
  });

  it.each([
    ['docker', 'Docker version 28.2.2, build e6534b4', '28.2.2'],
    ['docker daemon', '28.2.2', '28.2.2'],
    ['k3d', 'k3d version v5.9.0\nk3s version v1.35.5-k3s1 (default)', '5.9.0'],
    ['kubectl', 'clientVersion:\n  gitVersion: v1.32.4\n', '1.32.4'],
    ['helm', 'v3.17.3+ge4da497', '3.17.3'],
    ['k6', 'k6 v2.2.0 (go1.26, linux/amd64)', '2.2.0'],
    ['k6', 'k6.exe v2.2.0 (go1.26, windows/amd64)', '2.2.0'],
    ['git', 'git version 2.39.5 (Apple Git-154)', '2.39.5'],
  ])("reads %s's version out of %j", (label, text, version) => {
    const tool = TOOLS.find((candidate) => candidate.label === label);
    expect(tool?.versionPattern.exec(text)?.[1]).toBe(version);
  });

  it.each(TOOLS.map(({ label }) => label))('has a hint for %s on every system', (label: ToolName) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      for (const wsl of ['no', 'WSL2'] as const) {
        expect(installHint(label, { platform, arch: 'arm64', wsl })).toMatch(/\S/);
      }
    }
  });
});

describe('checks as lines', () => {
  const plain = { good: String, bad: String, quiet: String };
  const checks = [
    { name: 'Node', needed: true, ok: true, found: '24.21.0', wanted: '>= 22.19', hint: null },
    {
      name: 'k6',
      needed: false,
      ok: false,
      found: 'not found',
      wanted: 'any version (for k8s)',
      hint: 'brew install k6',
    },
    { name: 'memory', needed: true, ok: false, found: '1.0 GB', wanted: '>= 2 GB', hint: 'More.' },
  ];

  it('are marked and aligned', () => {
    expect(describeChecks(checks, plain)).toEqual([
      '✓ Node              24.21.0                  wanted >= 22.19',
      '· k6                not found                wanted any version (for k8s): brew install k6',
      '✗ memory            1.0 GB                   wanted >= 2 GB: More.',
    ]);
  });

  it('end with what is needed and missing', () => {
    expect(describeRepairs(checks)).toEqual(['To do by hand:', '  More.  # memory']);
    expect(describeRepairs(checks.slice(0, 2))).toEqual([]);
  });
});
