/** k6 itself sends the load, as a person asks for it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/run-record.ts';
import { processesOf, runMex, startMex } from '../mex-process.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';
import { missedRules } from './run-shortened.ts';

const missing = skipped(noK6 !== undefined, 'load sent by k6', `${noK6}`);
const withK6 = { PATH: `${dirname(K6)}${delimiter}${process.env.PATH}` };
const args = (asr: string, caseId: string) =>
  ['test', asr, '--case', caseId, '--time-scale', '0.05', '--driver', 'k6'] as const;

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-k6-e2e-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function kept(): RunRecord {
  const [runId = ''] = readdirSync(join(cwd, 'results'));
  return JSON.parse(readFileSync(join(cwd, 'results', runId, 'run.json'), 'utf8'));
}

describe.skipIf(missing)('with k6', () => {
  it.each([
    ['asr1', 'a2', 255],
    ['asr2', 'b3', 1_664],
    ['asr2', 'b5', 909],
  ])('%s %s counts, and every order of it is told', async (asr, caseId, scheduled) => {
    const { exit, stderr } = await runMex([...args(asr, caseId)], cwd, withK6);
    expect([0, 3, 4], stderr).toContain(exit);
    const { config, cases, judgement } = kept();
    expect(config.driver).toBe('k6');
    const [experiment] = cases;
    const { load } = experiment?.phases[0] ?? {};
    expect(experiment?.brokenOff).toBeUndefined();
    expect(load).toMatchObject({ scheduled, dropped: 0, refused: 0, unknown: 0 });
    // k6 may start one more of each flow at the very end, or leave the last one of a ramp out.
    expect(Math.abs((load?.sent ?? 0) - scheduled)).toBeLessThanOrEqual(2);
    expect(load?.latencyFromDueUs.count).toBe(load?.sent);
    expect(load?.replenished.orders).toBeGreaterThan(0);
    expect(judgement.cases.flatMap(missedRules)).toEqual([]);
  });

  it('Ctrl-C keeps what was measured and leaves no process', async () => {
    const mex = startMex([...args('asr1', 'a2')], cwd, withK6);
    await mex.says('orders/s');
    mex.child.kill('SIGINT');
    expect((await mex.ended).exit).toBe(130);
    expect(processesOf(cwd)).toEqual([]);
    expect(kept().cases[0]?.phases[0]?.load.sent).toBeGreaterThan(0);
    expect(existsSync(join(cwd, '.mex'))).toBe(false);
  });
});
