/** Runs one case for real, shortened, with parts replaced by lying ones: processes, load, collector and judge are mex's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { collectorUrl } from '../../src/cli/select-metrics.ts';
import { CASES, type CaseId } from '../../src/experiment/cases.ts';
import { EmbeddedDriver } from '../../src/load/embedded/embedded-driver.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { ResultsFolder } from '../../src/runner/results-folder.ts';
import { runExperiment, type StepRunner } from '../../src/runner/run-experiment.ts';
import type { Stage } from '../../src/runner/run-phase.ts';
import { LocalTarget } from '../../src/targets/local/local-target.ts';
import type { Deployment } from '../../src/targets/target.ts';
import { CollectorSource } from '../../src/telemetry/collector/collector-source.ts';
import { machineEvidence, snapshotMachine } from '../../src/telemetry/machine-load.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { CaseResult, ValidityCheck } from '../../src/verdict/verdict.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'bin/run.js');

export interface Lies {
  /** Name of the lie that the engine tells, see `test/fixtures/engines/`. */
  engine?: string;
  /** A generator in place of mex's own. */
  generator?: string;
  /** Phases shorter than a comparison of p99s takes, where none is asked for. */
  phaseMsMin?: number;
  /** Called once the load runs. */
  duringLoad?(deployment: Deployment): void;
  /** A Prometheus to start beside the servers. */
  prometheus?: string;
  /** Called when all is measured, and all still runs. */
  afterwards?(deployment: Deployment, record: RunRecord): Promise<void>;
}

export interface Shortened {
  record: RunRecord;
  result: CaseResult;
  /** The checks that the case missed, but for those that speak of this machine's noise. */
  missed: ValidityCheck['rule'][];
}

export async function runShortened(caseId: CaseId, timeScale: number, lies: Lies = {}): Promise<Shortened> {
  const folder = mkdtempSync(join(tmpdir(), 'mex-e2e-'));
  const target = localTarget(folder, lies);
  try {
    const results = await ResultsFolder.create(join(folder, 'results'), 'run');
    const stage = stageOf(target, lies);
    const record = await runExperiment(stage, {
      cases: CASES.filter(({ id }) => id === caseId).map((one) => ({ ...one, ...shortestOf(lies) })),
      record: emptyRecord(caseId, timeScale),
      folder: results,
      shapeFor: ({ needs }) => needs,
      step: stepThat(target, lies),
      signal: new AbortController().signal,
    });
    const result = record.judgement.cases.find((one) => one.caseId === caseId);
    if (result === undefined) throw new Error(`${caseId} was not judged`);
    const deployment = await target.current();
    if (deployment !== undefined) await lies.afterwards?.(deployment, record);
    return { record, result, missed: missedRules(result) };
  } finally {
    await target.undeploy({ purge: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

function shortestOf({ phaseMsMin }: Lies): { phaseMsMin?: number } {
  return phaseMsMin === undefined ? {} : { phaseMsMin };
}

function localTarget(folder: string, { engine, prometheus }: Lies): LocalTarget {
  const lying = join(ROOT, 'test/fixtures/engines/lying-engine.ts');
  return new LocalTarget({
    folder: join(folder, '.mex'),
    serveArgv: (role) => (role === 'engine' && engine !== undefined ? [lying] : [PROGRAM, 'serve', role]),
    env: { ...process.env, LIE: engine },
    ...(prometheus !== undefined && { prometheus }),
  });
}

function stageOf(target: LocalTarget, { generator }: Lies): Stage {
  return {
    target,
    driver: new EmbeddedDriver(generator === undefined ? {} : { generatorEntry: join(ROOT, generator) }),
    source: async (deployment) => new CollectorSource(collectorUrl(deployment)),
    keeper: async (deployment) => new CollectorSource(collectorUrl(deployment)),
    machine: {
      begin: async (pids) => {
        const before = await snapshotMachine(pids);
        return async (extraCpuMs) => machineEvidence(before, await snapshotMachine(pids), extraCpuMs);
      },
    },
    now: Date.now,
  };
}

/** Calls `duringLoad` at the first sign of progress. */
function stepThat(target: LocalTarget, { duringLoad }: Lies): StepRunner {
  let called = false;
  return (_title, work) =>
    work(() => {
      if (called || duringLoad === undefined) return;
      called = true;
      void target.current().then((deployment) => deployment && duringLoad(deployment));
    });
}

function emptyRecord(caseId: CaseId, timeScale: number): RunRecord {
  const config = { target: 'local', driver: 'embedded', seed: 1, timeScale, repeat: 1, cases: [caseId] };
  const judgement = judge({ cases: [], notRun: [], timeScale, asked: [caseId] });
  const about = {
    mexVersion: '0',
    commit: null,
    argv: [],
    machine: {},
    startedAtMs: Date.now(),
    endedAtMs: Date.now(),
  };
  return { schemaVersion: 1, runId: `run${process.pid}`, ...about, config, cases: [], notRun: [], judgement };
}

/** On a crowded machine the generator may be late and others may take CPU time: true, and not what these tests ask. */
export function missedRules({ checks }: CaseResult): ValidityCheck['rule'][] {
  return checks.filter(({ ok, rule }) => !ok && rule !== 'generator' && rule !== 'machine').map(({ rule }) => rule);
}
