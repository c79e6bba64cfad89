/** The recording rules, by the checker of each version of Prometheus that is there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRIC } from '../../src/protocol/metrics.ts';
import { skipped } from '../skipped.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RULES = join(ROOT, 'manifests/prometheus/recording-rules.yml');
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
});

it('every metric that a rule reads is one that the engine has', () => {
  const known = Object.values(METRIC);
  const read = readFileSync(RULES, 'utf8').match(/\b(me|gw)_[a-z_]+/g) ?? [];
  expect(read.length).toBeGreaterThan(12);
  for (const name of read) expect(known).toContain(name.replace(/_(bucket|sum|count)$/, ''));
});
