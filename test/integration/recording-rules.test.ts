/** Rules and configurations of Prometheus, by the checker of each version that is there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { METRIC } from '../../src/protocol/metrics.ts';
import { skipped } from '../skipped.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MANIFESTS = join(ROOT, 'manifests/prometheus');
const RULES = join(MANIFESTS, 'recording-rules.yml');
const EXPECTED = join(ROOT, 'test/fixtures/prometheus/recording-rules.test.yml');
const KIT = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin');

describe.each(['promtool', 'promtool3'])('%s', (name) => {
  const program = existsSync(join(KIT, name)) ? join(KIT, name) : name;
  const isThere = spawnSync(program, ['--version']).status === 0;
  const missing = skipped(!isThere, `the recording rules with ${name}`, `there is no ${name}`);

  it.skipIf(missing)('takes the rules, and they give what is expected of them', () => {
    expect(execFileSync(program, ['check', 'rules', RULES], { encoding: 'utf8' })).toContain('12 rules found');
    expect(execFileSync(program, ['test', 'rules', EXPECTED], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it.skipIf(missing)('takes the configurations', () => {
    const check = (file: string) =>
      spawnSync(program, ['check', 'config', join(MANIFESTS, file)], { encoding: 'utf8' });
    expect(check('local.yml')).toMatchObject({ status: 0, stdout: expect.stringContaining('12 rules found') });
    const { status, stderr } = check('prometheus.yml');
    // Debian's own build of version 2 leaves discovery in Kubernetes out.
    if (!stderr.includes('field kubernetes_sd_configs not found'))
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

it.each(['local.yml', 'prometheus.yml'])('%s is what the configuration of the sources makes', (file) => {
  const folder = mkdtempSync(join(tmpdir(), 'mex-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(ROOT, 'scripts/write-prometheus.js'), folder]);
  expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(MANIFESTS, file), 'utf8'));
});

it('every metric that a rule reads is one that the engine has', () => {
  const known = Object.values(METRIC);
  const read = readFileSync(RULES, 'utf8').match(/\b(me|gw)_[a-z_]+/g) ?? [];
  expect(read.length).toBeGreaterThan(12);
  for (const name of read) expect(known).toContain(name.replace(/_(bucket|sum|count)$/, ''));
});
