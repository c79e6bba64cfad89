import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDoctor } from '../../src/doctor/run-doctor.ts';
import { skipped } from '../skipped.ts';

const bin = resolve('bin/run.js');
const folder = () => realpathSync(mkdtempSync(join(tmpdir(), 'mex-doctor-')));
/** A PATH with nothing on it but what is written there. */
const doctor = (cwd: string, path: string, ...args: string[]) =>
  spawnSync(process.execPath, [bin, 'doctor', ...args], { cwd, env: { PATH: path, NO_COLOR: '1' }, encoding: 'utf8' });

describe('mex doctor', () => {
  it('needs no tools for local: exit 0, and one JSON document', () => {
    const cwd = folder();
    const { status, stdout, stderr } = doctor(cwd, cwd, '--json');
    expect([status, stderr]).toEqual([0, '']);
    const { checks } = JSON.parse(stdout);
    expect(checks.find(({ name }: { name: string }) => name === 'k3d')).toEqual({
      name: 'k3d',
      needed: false,
      ok: false,
      found: 'not found',
      wanted: 'any version (for k8s)',
      tested: ['5.8.3'],
      newerThanTested: false,
      hint: expect.any(String),
    });
    expect(existsSync(join(cwd, 'results'))).toBe(false);
  });

  it('fails k8s without its tools: exit 5, one JSON document all the same', () => {
    const cwd = folder();
    const { status, stdout } = doctor(cwd, cwd, '--target', 'k8s', '--json');
    expect(status).toBe(5);
    expect(JSON.parse(stdout).checks.length).toBeGreaterThan(10);
  });

  it.each([
    ['plain', ['k3d', 'docker', 'docker daemon', 'helm']],
    ['helm', ['k3d', 'docker', 'docker daemon']],
  ])('does without what the cluster of a context with monitoring by %s does without', (observability, spared) => {
    const cwd = folder();
    mkdirSync(join(cwd, '.mex'));
    const platform = { broker: 'kafka', observability, place: 'aws', image: 'r/mex:1' };
    writeFileSync(
      join(cwd, '.mex/cluster.json'),
      JSON.stringify({ version: 1, kind: 'context', context: 'eks', platform }),
    );
    const { status, stdout } = doctor(cwd, cwd, '--target', 'k8s', '--json');
    expect(status).toBe(5);
    const checks: { name: string; needed: boolean; wanted: string }[] = JSON.parse(stdout).checks;
    const notNeeded = checks.filter(({ wanted }) => wanted.includes('(not needed: '));
    expect(notNeeded.map(({ name }) => name).toSorted()).toEqual(spared.toSorted());
    expect(notNeeded.filter(({ needed }) => needed)).toEqual([]);
    expect(checks.find(({ name }) => name === 'kubectl')).toMatchObject({ needed: true });
  });

  it.skipIf(skipped(process.platform === 'win32', 'doctor --fix', 'its fake tools are shell scripts'))(
    'creates the results folder with --fix, lists the rest, runs no installer',
    () => {
      const cwd = folder();
      for (const name of ['curl', 'sudo', 'brew']) {
        writeFileSync(join(cwd, name), `#!/bin/sh\n: > '${cwd}/installer-ran'\n`);
        chmodSync(join(cwd, name), 0o755);
      }
      const { status, stdout } = doctor(cwd, cwd, '--target', 'k8s', '--fix');
      expect(status).toBe(5);
      expect(stdout).toMatch(/✗ k3d +not found +wanted any version, tested with 5\.8\.3: /);
      expect(stdout).toMatch(/^To do by hand:$/m);
      expect(existsSync(join(cwd, 'results'))).toBe(true);
      expect(existsSync(join(cwd, 'installer-ran'))).toBe(false);
    },
  );

  it.skipIf(skipped(process.platform === 'win32', 'tools newer than tested', 'its fake tools are shell scripts'))(
    'says plainly that a tool is newer than any that was tried, and passes it',
    () => {
      const cwd = folder();
      for (const [name, line] of Object.entries({
        k6: 'k6 v9.1.0 (go1.99)',
        prometheus: 'prometheus, version 9.0.0 (b)',
      })) {
        writeFileSync(join(cwd, name), `#!/bin/sh\necho '${line}'\n`);
        chmodSync(join(cwd, name), 0o755);
      }
      const { status, stdout } = doctor(cwd, cwd);
      expect(status).toBe(0);
      expect(stdout).toMatch(/✓ k6 +9\.1\.0 .*tested with 2\.2\.0; this is newer, and nobody has tried it\n/);
      expect(stdout).toMatch(/✓ prometheus +9\.0\.0 .*tested with 2\.42\.0 and 3\.16\.0; this is newer/);
      const { checks } = JSON.parse(doctor(cwd, cwd, '--json').stdout);
      expect(checks.find(({ name }: { name: string }) => name === 'k6')).toMatchObject({
        ...{ ok: true, found: '9.1.0', wanted: '>= 2.0 (for --driver k6, and for load on a cluster from here)' },
        ...{ tested: ['2.2.0'], newerThanTested: true },
      });
    },
  );

  it('refuses a target it does not know with exit 2', () => {
    const cwd = folder();
    expect(doctor(cwd, cwd, '--target', 'moon').status).toBe(2);
  });

  it('can be asked by other commands', async () => {
    const checks = await runDoctor({ target: 'local', root: folder() });
    expect(checks.map(({ name }) => name)).toContain('Node');
  });
});
