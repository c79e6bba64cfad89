/** Runs cases for a command, shows the verdicts and sets the exit code: the part that `test` and `run-all` have in common. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { CASES, type Case } from '../experiment/cases.ts';
import type { ShardId } from '../protocol/shards.ts';
import type { RunRecord } from '../report/run-record.ts';
import type { ResultsFolder } from '../runner/results-folder.ts';
import type { Stage } from '../runner/run-phase.ts';
import type { Use } from '../targets/kubernetes/reach.ts';
import type { TargetName } from '../targets/select-target.ts';
import type { Deployment, Shape, Target } from '../targets/target.ts';
import { ExperimentCommand, type RunOptions } from './experiment-command.ts';
import { type BrokerFlags, findBroker } from './find-broker.ts';
import { palette } from './palette.ts';
import { assertSameCluster, type RunSettings, settingsOf } from './run-settings.ts';
import { describeMetrics, type MetricsChoice, selectMetrics } from './select-metrics.ts';
import { type SelectedStage, selectStage } from './select-stage.ts';
import { refuseInCluster } from './target-flags.ts';

export interface CaseRun {
  /** A new run, or the id of one to go on with, which brings its own settings. */
  question: RunOptions | { results: string; resume: string };
  /** Stop everything at the end, also what ran before. */
  undeployAlways: boolean;
  shapeFor?(experiment: Case): Shape;
  broker: BrokerFlags;
  /** Lost on purpose, half-way through each case. */
  loseShard?: ShardId;
  /** In a cluster: what is done with a deployment. */
  uses: readonly Use[];
  /** Before anything is deployed. */
  before?(target: TargetName): Promise<void>;
  afterDeploy?(deployment: Deployment, stage: Stage): Promise<void>;
}

export abstract class RunCommand extends ExperimentCommand {
  protected async runCases(run: CaseRun): Promise<RunRecord> {
    const { question } = run;
    const { target, load, metrics: metricsFlags } = await this.#settingsOf(question);
    refuseInCluster(target, { ...run.broker, ...metricsFlags });
    await run.before?.(target);
    const realBroker = await findBroker(run.broker);
    const metrics: MetricsChoice =
      target === 'k8s' ? { kind: 'cluster' } : await selectMetrics(metricsFlags, load.driver);
    const local = realBroker && { realBroker };
    const stage = await selectStage(target, { load, metrics, ...(local && { local }), uses: run.uses });
    try {
      if (run.loseShard !== undefined && stage.target.loseShard === undefined) throw cannotLose(stage.target);
      return await this.#runOn(stage, run, { metrics, ...(realBroker && { realBroker: realBroker.bootstrap }) });
    } finally {
      await stage.target.close();
    }
  }

  async #runOn(
    stage: SelectedStage,
    run: CaseRun,
    { metrics, realBroker }: { metrics: MetricsChoice; realBroker?: string },
  ): Promise<RunRecord> {
    const { runExperiment } = await import('../runner/run-experiment.ts');
    const before = await stage.target.current();
    const facts = await stage.facts?.(this.signal);
    const { record, folder } = await this.#open(run.question);
    if ('resume' in run.question) assertSameCluster(record, facts);
    record.config.metrics = describeMetrics(metrics);
    if (facts !== undefined) record.config.cluster = facts;
    const purge = await this.#ownsData(stage.target, before);
    const smallest = (experiment: Case): Shape => (before?.shape === 'multi' ? 'multi' : experiment.needs);
    const { afterDeploy } = run;
    this.logToStderr(`run ${record.runId} → ${folder.path}/`);
    try {
      await runExperiment(stage, {
        cases: CASES.filter(({ id }) => record.config.cases.includes(id)),
        record,
        folder,
        shapeFor: run.shapeFor ?? smallest,
        ...(realBroker !== undefined && { realBroker }),
        needsPrometheus: metrics.kind === 'started',
        ...(run.loseShard !== undefined && { loseShard: run.loseShard }),
        ...(afterDeploy && { afterDeploy: (deployment) => afterDeploy(deployment, stage) }),
        step: this.step,
        signal: this.signal,
      });
    } finally {
      if (run.undeployAlways || before === undefined)
        await this.step('undeploy', () => stage.target.undeploy({ purge }));
    }
    return record;
  }

  /** What this run writes into an empty place is its own to remove; what lay there before is not. */
  async #ownsData(target: Target, before: Deployment | undefined): Promise<boolean> {
    if (before !== undefined) return false;
    if (!(await target.holdsData())) return true;
    this.logToStderr(
      `Logs of an earlier deployment are kept and replayed at start. To remove them: mex undeploy --purge${target.name === 'k8s' ? ' --target k8s' : ''}`,
    );
    return false;
  }

  /** Those of a run that goes on are its own. */
  async #settingsOf(question: CaseRun['question']): Promise<RunSettings> {
    return 'resume' in question ? settingsOf((await this.#open(question)).record) : question;
  }

  async #open(question: CaseRun['question']): Promise<{ record: RunRecord; folder: ResultsFolder }> {
    const { ResultsFolder, newRunId } = await import('../runner/results-folder.ts');
    if (!('resume' in question)) {
      const folder = await ResultsFolder.create(question.results, newRunId(Date.now(), Math.random));
      return { folder, record: await this.newRecord(folder.runId, question) };
    }
    const { readRecord, assertSameMex } = await import('../runner/read-record.ts');
    const { commitOf } = await import('../exec/commit.ts');
    const folder = await ResultsFolder.open(question.results, question.resume);
    const record = await readRecord(folder);
    assertSameMex(record, { mexVersion: this.config.version, commit: await commitOf(this.config.root) });
    delete record.interrupted;
    return { folder, record };
  }

  /** The terminal page, the exit code, and what `--json` prints. */
  protected async conclude(record: RunRecord, folderPath: string): Promise<unknown> {
    const [{ exitCodeOf }, { textReport }, { jsonReport }] = await Promise.all([
      import('../verdict/exit-code.ts'),
      import('../report/text-report.ts'),
      import('../report/json-report.ts'),
    ]);
    this.log(textReport(record, palette()));
    if (this.signal.aborted) {
      this.logToStderr(
        `mex: Interrupted. What was measured is in ${folderPath}/. Go on with: mex run-all --resume ${record.runId}`,
      );
      process.exitCode = EXIT.interrupted;
    } else {
      process.exitCode = exitCodeOf(record.judgement, record.config.cases);
    }
    return jsonReport(record);
  }
}

function cannotLose({ name }: Target): MexError {
  return new MexError(`--kill-pod: target ${name} has no pods`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'It takes a cluster: --target k8s',
  });
}
