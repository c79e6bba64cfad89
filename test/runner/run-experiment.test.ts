import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CASES, type CaseId } from '../../src/experiment/cases.ts';
import type { LoadPlan } from '../../src/load/load-driver.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { ResultsFolder } from '../../src/runner/results-folder.ts';
import { type ExperimentRequest, runExperiment } from '../../src/runner/run-experiment.ts';
import { judge } from '../../src/verdict/judge.ts';
import { evidenceOf } from '../verdict/evidence-builder.ts';
import { type FakeOptions, type FakeStage, fakeStage } from './fake-stage.ts';

let root: string;
let stage: FakeStage;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mex-run-'));
});
afterEach(() => {
  stage.close();
  rmSync(root, { recursive: true, force: true });
});

function recordOf(cases: CaseId[]): RunRecord {
  const config = { target: 'local', driver: 'embedded', seed: 1, timeScale: 0.05, repeat: 1, cases };
  return {
    schemaVersion: 1,
    runId: 'r',
    mexVersion: '0',
    commit: null,
    argv: [],
    startedAtMs: 0,
    endedAtMs: 0,
    config,
    machine: {},
    cases: [],
    notRun: [],
    judgement: judge({ cases: [], notRun: [], timeScale: 0.05, asked: cases }),
  };
}

async function run(cases: CaseId[], options: FakeOptions & Partial<ExperimentRequest> = {}): Promise<RunRecord> {
  stage = await fakeStage(options);
  return runExperiment(stage, {
    cases: CASES.filter(({ id }) => cases.includes(id)),
    record: recordOf(cases),
    folder: await ResultsFolder.create(root, 'r'),
    shapeFor: ({ needs }) => needs,
    step: (_title, work) => work(() => {}),
    signal: new AbortController().signal,
    ...options,
  });
}

const kept = (): RunRecord => JSON.parse(readFileSync(join(root, 'r', 'run.json'), 'utf8'));

describe('an experiment', () => {
  it('loses a shard in each case where it is told to, and says so where it cannot', async () => {
    const record = await run(['a2'], { loseShard: 'a' });
    expect(record.cases[0]?.brokenOff).toBe('shard a was not taken away: the load ended before');
  });

  it('names each phase for a driver: as a tag, and for what is kept of its program', async () => {
    const plans: LoadPlan[] = [];
    const record = recordOf(['a2', 'a4']);
    record.config.repeat = 2;
    const keepPlan = (plan: LoadPlan) => {
      plans.push(plan);
      return {};
    };
    await run(['a2', 'a4'], { record, run: keepPlan });
    expect(plans.map(({ testId, logs }) => [testId, logs?.name])).toEqual([
      ['r/a2/steady', 'a2-steady-r1'],
      ['r/a2/steady/r2', 'a2-steady-r2'],
      ['r/a4/black-hole', 'a4-black-hole-r1'],
      ['r/a4/refused', 'a4-refused-r1'],
      ['r/a4/black-hole/r2', 'a4-black-hole-r2'],
      ['r/a4/refused/r2', 'a4-refused-r2'],
    ]);
    expect(new Set(plans.map(({ logs }) => logs?.folder))).toEqual(new Set([join(root, 'r', 'logs')]));
  });

  it('empties, seeds and loads the books anew in each phase', async () => {
    await run(['a3']);
    expect(stage.calls).toEqual([
      'deploy single',
      ...['r-a3.0.1', 'r-a3.1.1', 'r-a3.2.1'].flatMap((id) => ['POST /reset', `seed ${id}`, `load ${id}`]),
    ]);
  });

  it('deploys more where a case needs it, and not again', async () => {
    await run(['a2', 'b1', 'b2']);
    expect(stage.calls.filter((call) => call.startsWith('deploy'))).toEqual(['deploy single', 'deploy multi']);
  });

  it('never passes what measured nothing', async () => {
    const { judgement } = await run(['a2']);
    expect(judgement.cases.map(({ verdict }) => verdict)).toEqual(['INVALID']);
  });

  it('keeps what was measured when it is interrupted, says so, and runs nothing more', async () => {
    const interrupt = new AbortController();
    const record = await run(['a2', 'b1'], {
      signal: interrupt.signal,
      run: () => {
        interrupt.abort(new Error('Interrupted by SIGINT'));
        return { brokenOff: 'stopped' };
      },
    });
    expect(record.interrupted).toBe(true);
    expect(record.cases).toMatchObject([{ caseId: 'a2', brokenOff: 'Interrupted by SIGINT', phases: [{}] }]);
    expect(kept()).toMatchObject({ interrupted: true, cases: [{ caseId: 'a2' }] });
  });

  it('goes on with a run that is resumed: what counts stays, what was broken off or is invalid is run again', async () => {
    const timeScale = 0.05;
    const valid = evidenceOf('a1', { timeScale });
    const broken = { ...evidenceOf('a2', { timeScale }), brokenOff: 'Interrupted by SIGINT' };
    const invalid = { ...evidenceOf('a3', { timeScale }), phases: [] };
    const record = { ...recordOf(['a1', 'a2', 'a3']), cases: [valid, broken, invalid] };
    const { cases, repeated } = await run(['a1', 'a2', 'a3'], { record });
    const loads = stage.calls.filter((call) => call.startsWith('load'));
    expect(loads).toEqual(['load r-a2.0.1', 'load r-a3.0.1', 'load r-a3.1.1', 'load r-a3.2.1']);
    expect(cases.map(({ caseId, brokenOff }) => [caseId, brokenOff])).toEqual([
      ['a1', undefined],
      ['a2', undefined],
      ['a3', undefined],
    ]);
    expect(repeated).toMatchObject([
      { caseId: 'a2', repetition: 1, because: 'broken off: Interrupted by SIGINT' },
      { caseId: 'a3', repetition: 1 },
    ]);
    expect(readFileSync(join(root, 'r', 'summary.md'), 'utf8')).toContain('A2 was measured before');
  });

  it('says where the engines published', async () => {
    expect((await run(['a2'])).config.broker).toBe('stand-in');
  });

  it('goes on with a run only where the engines publish to the same broker', async () => {
    const record = recordOf(['a1', 'a2']);
    const config = { ...record.config, broker: 'k1:9092' };
    const resumed = { ...record, config, cases: [evidenceOf('a1', { timeScale: 0.05 })] };
    await expect(run(['a1', 'a2'], { record: resumed })).rejects.toMatchObject({
      code: 'OTHER_BROKER',
      exit: 2,
      suggestion: 'Go on with: --kafka k1:9092, or begin a new run.',
    });
  });

  it('breaks a case off that fails, with the reason, and goes on with the next', async () => {
    const { cases, judgement } = await run(['a1', 'a2'], {
      run: ({ idPrefix }) => {
        if (idPrefix.includes('a1')) throw new Error('the disk is full');
        return {};
      },
    });
    expect(cases.map(({ caseId, brokenOff }) => [caseId, brokenOff])).toEqual([
      ['a1', 'the disk is full'],
      ['a2', undefined],
    ]);
    expect(judgement.cases[0]).toMatchObject({ verdict: 'INVALID', because: 'broken off: the disk is full' });
  });

  it('writes the reports and the series', async () => {
    await run(['a2']);
    const read = (name: string): string => readFileSync(join(root, 'r', name), 'utf8');
    expect(read('metrics.jsonl')).toBe('{}\n');
    expect(read('summary.md')).toContain('INVALID');
    expect(read('junit.xml')).toContain('<testsuite');
    expect(read('latency-a2.hgrm')).toContain('Percentile');
  });
});
