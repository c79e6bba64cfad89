import { describe, expect, it } from 'vitest';
import { isMissing } from '../../src/doctor/check.ts';
import { describeChecks, describeRepairs } from '../../src/doctor/describe-checks.ts';
import { installHint, type ToolName } from '../../src/doctor/install-hints.ts';
import type { Machine } from '../../src/doctor/machine.ts';
import { checkTool, TOOLS, toolChecks } from '../../src/doctor/tool-checks.ts';

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
      ['git', 'not found'],
    ]);
  });

  it('are not needed where the cluster does without them, and that is said', async () => {
    const spared = { helm: 'the monitoring is installed without it' };
    const checks = await toolChecks(machine, 'k8s', { find: find({ ...versions, helm: '2.17' }), spared });
    expect(checks.find(({ name }) => name === 'helm')).toMatchObject({
      ...{ ok: false, needed: false, found: '2.17' },
      wanted: '>= 3 (not needed: the monitoring is installed without it)',
    });
    const local = await toolChecks(machine, 'local', { find: find({}), spared });
    expect(local.find(({ name }) => name === 'helm')?.wanted).toBe('>= 3 (for k8s)');
  });

  it.each([
    ['docker', '20.9.1', '20.10.0'],
    ['kubectl', '1.27.16', '1.28.0'],
    ['helm', '2.17.0', '3.0.0'],
  ])('%s must be newer than %s: %s will do', async (name, old, enough) => {
    const okWith = async (version: string) => {
      const checks = await toolChecks(machine, 'k8s', { find: find({ [name]: version }) });
      return checks.find((one) => one.name === name)?.ok;
    };
    expect([await okWith(old), await okWith(enough)]).toEqual([false, true]);
  });

  it('are listed for local, and never fail it', async () => {
    const checks = await toolChecks(machine, 'local', { find: find({}) });
    expect(checks.filter(isMissing)).toEqual([]);
    expect(checks.map(({ name, ok, wanted }) => [name, ok, /\((for .*)\)$/.exec(wanted)?.[1]])).toEqual([
      ['docker', false, 'for k8s'],
      ['docker daemon', false, 'for k8s'],
      ['k3d', false, 'for k8s'],
      ['kubectl', false, 'for k8s'],
      ['helm', false, 'for k8s'],
      ['k6', false, 'for --driver k6, and for load on a cluster from here'],
      ['prometheus', false, 'for --metrics prometheus'],
      ['git', false, 'for k8s'],
    ]);
  });

  it.each(['local', 'k8s'] as const)('never fail %s for want of a Prometheus', async (target) => {
    const checks = await toolChecks(machine, target, { find: find({ ...versions, prometheus: '2.30.0' }) });
    const found = checks.find(({ name }) => name === 'prometheus');
    expect(found).toMatchObject({ ok: false, needed: false, wanted: '>= 2.42 (for --metrics prometheus)' });
    expect(found?.hint).toContain('sudo apt-get install -y prometheus');
  });

  it.each([
    ['docker', '20.10.24', false],
    ['docker', '28.2.2', true],
    ['kubectl', '1.33.5', false],
    ['kubectl', '1.34.0', true],
    ['helm', '3.22.0', false],
    ['helm', '4.4.0', true],
    ['k6', '2.2.0', false],
    ['k6', '2.3.0', true],
    ['prometheus', '2.42.0', false],
    ['prometheus', '3.16.0', false],
    ['prometheus', '3.17.0', true],
  ])('%s %s: newer than any that was tried is %s, and fails nothing', async (name, version, newerThanTested) => {
    const checks = await toolChecks(machine, 'k8s', { find: find({ [name]: version }) });
    const check = checks.find((one) => one.name === name);
    expect(check).toMatchObject({ ok: true, newerThanTested, found: version });
    expect(check?.tested.length).toBeGreaterThan(0);
  });

  it('whoever cannot do without one is told what is wanted, plainly', async () => {
    expect(await checkTool('k6', machine, find({ k6: '1.9.0' }))).toMatchObject({ ok: false, wanted: '>= 2.0' });
    expect(await checkTool('prometheus', machine, find({}))).toMatchObject({ needed: true, wanted: '>= 2.42' });
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
    ['prometheus', 'prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)', '2.42.0'],
    ['prometheus', 'prometheus, version 3.16.0 (branch: HEAD, revision: abc)', '3.16.0'],
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
  const untested = { tested: [], newerThanTested: false };
  const checks = [
    { ...untested, name: 'Node', needed: true, ok: true, found: '24.21.0', wanted: '>= 22.19', hint: null },
    {
      ...{ name: 'docker', needed: false, ok: true, found: '28.2.2', wanted: '>= 20.10 (for k8s)', hint: null },
      ...{ tested: ['20.10.24'], newerThanTested: true },
    },
    {
      ...{
        name: 'prometheus',
        needed: false,
        ok: false,
        found: 'not found',
        wanted: '>= 2.42 (for --metrics prometheus)',
      },
      ...{ tested: ['2.42.0', '3.16.0'], newerThanTested: false, hint: 'brew install prometheus' },
    },
    { ...untested, name: 'memory', needed: true, ok: false, found: '1.0 GB', wanted: '>= 2 GB', hint: 'More.' },
  ];

  it('are marked and aligned', () => {
    const found = ' '.repeat(15);
    expect(describeChecks(checks, plain)).toEqual([
      '✓ Node              24.21.0                  wanted >= 22.19',
      '✓ docker            28.2.2                   wanted >= 20.10 (for k8s), tested with 20.10.24; this is newer, and nobody has tried it',
      `· prometheus        not found${found} wanted >= 2.42 (for --metrics prometheus), tested with 2.42.0 and 3.16.0: brew install prometheus`,
      '✗ memory            1.0 GB                   wanted >= 2 GB: More.',
    ]);
  });

  it('end with what is needed and missing', () => {
    expect(describeRepairs(checks)).toEqual(['To do by hand:', '  More.  # memory']);
    expect(describeRepairs(checks.slice(0, 3))).toEqual([]);
  });
});
