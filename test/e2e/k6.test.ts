/** k6 itself sends the load, as a person asks for it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
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

const runFolder = (): string => join(cwd, 'results', readdirSync(join(cwd, 'results'))[0] ?? '');
const kept = (): RunRecord => JSON.parse(readFileSync(join(runFolder(), 'run.json'), 'utf8'));
const logs = (): string[] => readdirSync(join(runFolder(), 'logs')).filter((name) => name.startsWith('k6-'));

/** The processes of k6 below this run. */
function k6Processes(): number[] {
  return processesOf(cwd).filter((pid) => {
    const [program = '', command] = commandOf(pid);
    return basename(program) === 'k6' && command === 'run';
  });
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
    const name = `k6-${caseId}-${experiment?.phases[0]?.phase}-r1`;
    expect(logs()).toEqual([`${name}.log`, `${name}.summary.json`]);
    const summary = JSON.parse(readFileSync(join(runFolder(), 'logs', `${name}.summary.json`), 'utf8'));
    expect(summary.metrics.orders_sent.values.count).toBe(load?.sent);
    expect(stderr).toMatch(/ left, \d+\.\d orders\/s, p99 \d/);
    expect(readFileSync(join(runFolder(), 'summary.md'), 'utf8')).toContain('k6 measures from when it sends');
  });

  it('k6 killed in mid-run: the case is INVALID and says why, what was measured is kept', async () => {
    const mex = startMex([...args('asr1', 'a2')], cwd, withK6);
    await mex.says('orders/s');
    const [k6, ...others] = k6Processes();
    if (k6 === undefined || others.length > 0) throw new Error(`not one k6: ${[k6, ...others]}`);
    process.kill(k6, 'SIGKILL');
    const { exit, stdout } = await mex.ended;
    expect(exit, stdout).toBe(4);
    expect(stdout).toContain('k6 was ended by SIGKILL');
    const { cases, judgement } = kept();
    expect(cases[0]).toMatchObject({ brokenOff: expect.stringContaining('k6 was ended by SIGKILL') });
    expect(cases[0]?.phases[0]?.load.accepted).toBeGreaterThan(0);
    expect(judgement.cases).toMatchObject([{ caseId: 'a2', verdict: 'INVALID' }]);
    expect(readFileSync(join(runFolder(), 'logs', 'k6-a2-steady-r1.log'), 'utf8')).toContain('ended by SIGKILL');
    expect(processesOf(cwd)).toEqual([]);
  });

  it('mex killed in mid-run: k6 ends with it', async () => {
    const mex = startMex([...args('asr1', 'a2')], cwd, withK6);
    await mex.says('orders/s');
    expect(k6Processes()).toHaveLength(1);
    mex.child.kill('SIGKILL');
    await mex.ended;
    await expect.poll(k6Processes, { timeout: 30_000 }).toEqual([]);
    expect((await runMex(['undeploy', '--purge'], cwd)).exit).toBe(0);
    expect(processesOf(cwd)).toEqual([]);
  });

  it('Ctrl-C keeps what was measured and leaves no process', async () => {
    const mex = startMex([...args('asr1', 'a2')], cwd, withK6);
    await mex.says('orders/s');
    // As a terminal does: to all of mex's process group, in which k6 is not.
    interruptGroupOf(mex.child.pid ?? 0);
    expect((await mex.ended).exit).toBe(130);
    expect(processesOf(cwd)).toEqual([]);
    const { cases, interrupted } = kept();
    expect(interrupted).toBe(true);
    expect(cases[0]?.phases[0]?.load.sent).toBeGreaterThan(0);
    // It ended in good order: its summary is there.
    expect(logs()).toEqual(['k6-a2-steady-r1.log', 'k6-a2-steady-r1.summary.json']);
    expect(existsSync(join(cwd, '.mex'))).toBe(false);
  });
});

/** Empty: it has ended meanwhile. */
function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

/** Those of mex's children that a terminal would reach, and mex. */
function interruptGroupOf(leader: number): void {
  const fields = (pid: number): string[] => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  };
  const group = fields(leader)[2];
  for (const pid of processesOf(cwd)) if (fields(pid)[2] === group) process.kill(pid, 'SIGINT');
}
