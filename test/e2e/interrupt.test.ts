/** Ctrl-C at any moment leaves no process and keeps what was measured. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesOf, type Running, startMex } from '../mex-process.ts';
import { skipped } from '../skipped.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-interrupt-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const noProc = skipped(process.platform !== 'linux', 'interrupts', 'finding what is left running reads /proc');

function kept(): { interrupted?: boolean; cases: { caseId: string; brokenOff?: string; phases: unknown[] }[] } {
  const [runId] = readdirSync(join(cwd, 'results'));
  return JSON.parse(readFileSync(join(cwd, 'results', runId ?? '', 'run.json'), 'utf8'));
}

describe.skipIf(noProc)('an interrupted run', () => {
  it.each<[string, (mex: Running) => Promise<void>]>([
    ['before anything', async ({ says }) => says('doctor')],
    ['while deploying', async ({ says }) => says('deploy single')],
    ['in the smoke check', async ({ says }) => says('smoke')],
    ['while the load runs', async ({ says }) => says('orders/s')],
    ['between two cases', async ({ says }) => says('[2/')],
  ])('%s exits 130 and leaves no process', async (_when, moment) => {
    const mex = startMex(['run-all', '--quick'], cwd);
    await moment(mex);
    mex.child.kill('SIGINT');
    const { exit, stderr } = await mex.ended;
    expect(stderr).toMatch(/mex: Interrupted/);
    expect(exit).toBe(130);
    expect(processesOf(cwd)).toEqual([]);
    expect(existsSync(join(cwd, '.mex'))).toBe(false);
  });

  it('keeps what was measured, and can be resumed', async () => {
    const args = ['test', 'asr1', '--case', 'a1', '--time-scale', '0.01'];
    const mex = startMex(args, cwd);
    await mex.says('orders/s');
    mex.child.kill('SIGINT');
    expect((await mex.ended).exit).toBe(130);
    expect(kept()).toMatchObject({ interrupted: true, cases: [{ caseId: 'a1', brokenOff: 'Interrupted by SIGINT' }] });
    expect(kept().cases[0]?.phases).toHaveLength(1);
  });

  it('that is told twice ends no less cleanly', async () => {
    const mex = startMex(['run-all', '--quick'], cwd);
    await mex.says('orders/s');
    mex.child.kill('SIGINT');
    mex.child.kill('SIGTERM');
    expect((await mex.ended).exit).toBe(130);
    expect(processesOf(cwd)).toEqual([]);
  });
});

describe.skipIf(noProc)('a mex that is killed', () => {
  it('leaves servers that the next mex finds and puts away', async () => {
    const mex = startMex(['run-all', '--quick'], cwd);
    await mex.says('orders/s');
    mex.child.kill('SIGKILL');
    await mex.ended;
    expect(processesOf(cwd).length).toBeGreaterThan(0);
    const { exit, stdout } = await startMex(['undeploy', '--purge'], cwd).ended;
    expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringContaining('engine-a') });
    await expect.poll(() => processesOf(cwd), { timeout: 10_000 }).toEqual([]);
  });
});
