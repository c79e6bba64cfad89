/** The whole experiment, shortened: every case, every criterion, one document. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, processesOf, runMex } from '../mex-process.ts';

interface Told {
  runId: string;
  indicative: boolean;
  asrs: { asr: string; verdict: string; because: string; criteria: { id: string; verdict: string; found: string }[] }[];
  cases: { caseId: string; verdict: string; checks: { rule: string; ok: boolean; found: string }[] }[];
}

let cwd: string;
let ended: Ended;
let told: Told;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-run-all-'));
  ended = await runMex(['run-all', '--quick', '--json'], cwd);
  told = JSON.parse(ended.stdout);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** On a crowded machine a generator may be late: such a case is INVALID, rightly, and shows no more than that. */
const crowded = (rule: string): boolean => rule === 'generator' || rule === 'machine';

describe('mex run-all --quick', () => {
  it('judges ASR 1 with everything that it rests on', () => {
    const asr1 = told.asrs.find(({ asr }) => asr === 'asr1');
    const failed = told.asrs.some(({ criteria }) => criteria.some(({ verdict }) => verdict === 'FAIL'));
    expect(ended.exit).toBe(failed ? 3 : 4);
    const verdicts = asr1?.criteria.map(({ verdict }) => verdict) ?? [];
    expect(verdicts).not.toContain('NOT RUN');
    if (verdicts.every((verdict) => verdict === 'PASS')) expect(asr1?.verdict).toBe('PASS');
  });

  it('runs every case, and each counts', () => {
    const missed = told.cases.flatMap(({ caseId, checks }) =>
      checks.filter(({ ok, rule }) => !ok && !crowded(rule)).map((check) => ({ caseId, ...check })),
    );
    expect(missed).toEqual([]);
    expect(told.cases.filter(({ checks }) => checks.length > 0).map(({ caseId }) => caseId)).toEqual([
      'a1',
      'a2',
      'a3',
      'a4',
      'b1',
      'b2',
      'b3',
      'b4',
      'b5',
    ]);
  });

  it('judges every other criterion, with a figure', () => {
    const criteria = told.asrs.flatMap((asr) => asr.criteria);
    const notRun = criteria.filter(({ verdict }) => verdict === 'NOT RUN').map(({ id }) => id);
    const invalid = told.cases.some(({ verdict }) => verdict === 'INVALID');
    if (!invalid) expect(notRun).toEqual(['continuity']);
    // What is counted must hold anywhere; what is timed is this machine's to show.
    const counted = criteria.filter(({ id }) => ['errors', 'throughput', 'scaling'].includes(id));
    expect(counted.filter(({ verdict }) => verdict === 'FAIL')).toEqual([]);
  });

  it('says in every output that it is indicative only', () => {
    const folder = join(cwd, 'results', told.runId);
    expect(told.indicative).toBe(true);
    for (const name of ['summary.md', 'junit.xml', 'run.json']) {
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/INDICATIVE|"indicative":true/);
    }
  });

  it('leaves a whole run behind', () => {
    const names = readdirSync(join(cwd, 'results', told.runId));
    expect(names).toEqual(
      expect.arrayContaining(['run.json', 'summary.md', 'junit.xml', 'metrics.jsonl', 'latency-a2.hgrm', 'logs']),
    );
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves nothing running, nothing of its own beside the results, and says nothing else', () => {
    expect(process.platform === 'linux' ? processesOf(cwd) : []).toEqual([]);
    expect(readdirSync(cwd)).toEqual(['results']);
    expect(ended.stderr).toBe('');
  });

  it('can be judged again, in every format, with the same end', async () => {
    for (const format of ['table', 'json', 'md', 'junit']) {
      const again = await runMex(['results', told.runId, '--format', format], cwd);
      expect({ format, exit: again.exit, stderr: again.stderr }).toEqual({ format, exit: ended.exit, stderr: '' });
      expect(again.stdout).toContain('INDICATIVE');
    }
  });
});
