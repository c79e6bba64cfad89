/** What `test`, `run-all` and the commands around them share: flags, and which implementation stands for which name. */
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { AsrId, Case, CaseId } from '../experiment/cases.ts';
import { CASES } from '../experiment/cases.ts';
import { AS_NEEDED, type Repeat } from '../experiment/criteria.ts';
import type { RunRecord } from '../report/run-record.ts';
import { RESULTS_ROOT } from '../runner/results-folder.ts';
import type { StepRunner } from '../runner/run-experiment.ts';
import type { TargetName } from '../targets/select-target.ts';
import type { MachineFacts } from '../telemetry/machine-facts.ts';
import { BaseCommand } from './base-command.ts';
import { realBrokerFlags } from './kafka-flag.ts';
import { type LoadChoice, loadFlags } from './load-flags.ts';
import { type MetricsFlags, metricsFlags } from './select-metrics.ts';
import { stepRunner } from './step-runner.ts';
import { targetFlag } from './target-flags.ts';

export const resultsFlag = {
  results: Flags.string({ description: 'folder of the runs', default: RESULTS_ROOT, helpValue: 'FOLDER' }),
};

/** Seed of the pseudo-random workload, a 32-bit number. */
export const seedFlag = {
  seed: Flags.integer({
    description: 'seed of the workload: same seed, same orders',
    default: 1,
    min: 0,
    max: 2 ** 32 - 1,
  }),
};

export const runFlags = {
  ...targetFlag,
  ...realBrokerFlags,
  ...metricsFlags,
  ...resultsFlag,
  ...seedFlag,
  ...loadFlags,
  'time-scale': Flags.string({
    description: 'every duration times this, above 0 and up to 1; below 1 the verdicts are only indicative',
    default: '1',
    helpValue: 'F',
  }),
  repeat: Flags.integer({
    description: `run each case this many times (default: once, and A4 up to ${AS_NEEDED.repetitionsMax} times, until its noise allows a verdict)`,
    min: 1,
    max: 20,
  }),
};

export interface RunOptions {
  target: TargetName;
  load: LoadChoice;
  metrics: MetricsFlags;
  results: string;
  seed: number;
  timeScale: number;
  repeat: Repeat;
  cases: readonly Case[];
}

/** A number that JSON and a person write alike; oclif has whole numbers only. */
export function parseTimeScale(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 1) return value;
  throw new MexError(`--time-scale ${text}: expected a number above 0 and up to 1, such as 0.1`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
  });
}

/** The cases of an ASR that were asked for; without a name, all but those that run only on request. */
export function selectCases(asr: AsrId, name?: string): Case[] {
  const ofAsr = CASES.filter((one) => one.asr === asr);
  if (name === undefined) return ofAsr.filter(({ onRequest }) => !onRequest);
  const found = ofAsr.filter(({ id }) => id === name.toLowerCase());
  if (found.length > 0) return found;
  throw new MexError(`Unknown case "${name}" of ${asr}`, {
    code: 'UNKNOWN_CASE',
    exit: EXIT.usage,
    suggestion: `There are: ${ofAsr.map(({ id }) => id).join(', ')}.`,
  });
}

export abstract class ExperimentCommand extends BaseCommand {
  protected get step(): StepRunner {
    return stepRunner({ quiet: this.jsonEnabled() });
  }

  /** A record with nothing measured yet. */
  protected async newRecord(runId: string, options: RunOptions): Promise<RunRecord> {
    const [{ readMachineFacts }, { commitOf }, { judge }] = await Promise.all([
      import('../telemetry/machine-facts.ts'),
      import('../exec/commit.ts'),
      import('../verdict/judge.ts'),
    ]);
    const nowMs = Date.now();
    const { timeScale, repeat } = options;
    const cases = options.cases.map(({ id }) => id);
    const notRun = options.cases.flatMap(notRunOf);
    return {
      schemaVersion: 1,
      runId,
      mexVersion: this.config.version,
      commit: await commitOf(this.config.root),
      argv: ['mex', this.id ?? '', ...this.argv].join(' ').split(' '),
      startedAtMs: nowMs,
      endedAtMs: nowMs,
      config: {
        target: options.target,
        driver: options.load.driver,
        seed: options.seed,
        timeScale,
        repeat,
        cases,
        ...(options.target === 'k8s' && { load: { from: options.load.from, jobs: options.load.jobs } }),
      },
      machine: machineRecord(await readMachineFacts()),
      cases: [],
      notRun,
      judgement: judge({ cases: [], notRun, timeScale, asked: cases, repeat }),
    };
  }

  protected folderOf(results: string, runId: string): string {
    return join(results, runId);
  }
}

/** The facts as a report shows them: words and numbers. */
function machineRecord({ nodeVersion, loadAverages, wsl, ...facts }: MachineFacts): RunRecord['machine'] {
  const loadAverage = loadAverages.map((load) => load.toFixed(2)).join(' ');
  return { ...facts, node: nodeVersion, loadAverage, ...(wsl ? { wsl: 'yes' } : {}) };
}

function notRunOf({ id, notRun }: Case): { caseId: CaseId; reason: string }[] {
  return notRun?.part === 'case' ? [{ caseId: id, reason: notRun.reason }] : [];
}
