/**
 * READ SECOND. The whole experiment: for each case up → load → measure, then judge → tell.
 *
 * Guarantees: after each case, and whatever ends the run, `run.json` holds all that was measured, judged; a run can be
 * resumed where it stopped; what the run deployed is put away, also after Ctrl-C.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { Case, Shard } from '../experiment/cases.ts';
import type { PhaseEvidence } from '../experiment/evidence.ts';
import { SHAPE_SHARDS } from '../protocol/shards.ts';
import type { RunRecord } from '../report/run-record.ts';
import type { Deployment, Shape } from '../targets/target.ts';
import { judge } from '../verdict/judge.ts';
import type { Judgement } from '../verdict/verdict.ts';
import { forgetInvalid, pendingWork, titleOf, type WorkItem } from './pending-work.ts';
import type { ResultsFolder } from './results-folder.ts';
import { runCase } from './run-case.ts';
import type { PhaseProgress, Stage } from './run-phase.ts';
import { writeReports } from './write-reports.ts';

/** In the run's folder: what every process and k6 said. */
const LOGS = 'logs';

/** Runs one piece of work under a title, and shows the lines that it tells meanwhile. */
export type StepRunner = <T>(title: string, work: (tell: (line: string) => void) => Promise<T>) => Promise<T>;

export interface ExperimentRequest {
  cases: readonly Case[];
  /** Everything but what the run adds: evidence, judgement, end. Holds the finished cases of a run that is resumed. */
  record: RunRecord;
  folder: ResultsFolder;
  /** What to deploy for a case; by default the smallest shape that it needs, unless more is running. */
  shapeFor(experiment: Case): Shape;
  /** `host:port` of the broker that was asked for. */
  realBroker?: string;
  /** A Prometheus must run beside what is deployed. */
  needsPrometheus?: boolean;
  /** Its server is lost on purpose in each case. */
  loseShard?: Shard;
  /** Called before the first case and whenever the shape changes, with what is deployed. */
  afterDeploy?(deployment: Deployment, step: StepRunner): Promise<void>;
  step: StepRunner;
  signal: AbortSignal;
}

export async function runExperiment(stage: Stage, request: ExperimentRequest): Promise<RunRecord> {
  const { cases, record, folder, signal } = request;
  record.judgement = judgeAgain(record);
  forgetInvalid(record);
  await saveRecord(stage, record, folder);
  try {
    for (;;) {
      const work = pendingWork(cases, record);
      const [next] = work;
      if (next === undefined) break;
      signal.throwIfAborted();
      await runOne(stage, request, { ...next, title: titleOf(next, work, record) });
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    if (signal.aborted) record.interrupted = true;
    await saveRecord(stage, record, folder);
  }
  await stage.target.copyLogs(`${folder.path}/${LOGS}`);
  await writeReports(record, folder);
  return record;
}

async function runOne(stage: Stage, request: ExperimentRequest, item: WorkItem & { title: string }): Promise<void> {
  const { record, folder, signal, step } = request;
  const shape = request.shapeFor(item.case);
  const deployment = await deployed(stage, request, shape);
  noteBroker(record, deployment);
  // Where nothing can be read nothing is sent: that is no case that went wrong.
  await stage.source(deployment);
  const evidence = await step(item.title, (tell) =>
    runCase(stage, {
      case: item.case,
      deployment,
      runId: record.runId,
      repetition: item.repetition,
      seed: record.config.seed,
      timeScale: record.config.timeScale,
      logFolder: `${folder.path}/${LOGS}`,
      ...(request.loseShard !== undefined && { loseShard: request.loseShard }),
      onProgress: (phase, progress) => tell(progressLine(phase.name, progress)),
      onPhase: (phase) => keepSeries(stage, deployment, folder, phase),
      signal,
    }),
  );
  record.cases.push(evidence);
  await saveRecord(stage, record, folder);
}

/** One run, one broker: the figures of two would stand side by side as if they were of one. */
function noteBroker({ runId, config, cases }: RunRecord, { realBroker }: Deployment): void {
  const broker = realBroker?.bootstrap ?? config.cluster?.broker ?? 'stand-in';
  if (cases.length > 0 && config.broker !== undefined && config.broker !== broker) {
    throw new MexError(`Run ${runId} was measured with the broker ${config.broker}, and now there is ${broker}`, {
      code: 'OTHER_BROKER',
      exit: EXIT.usage,
      suggestion:
        config.broker === 'stand-in'
          ? 'Leave --kafka out.'
          : `Go on with: --kafka ${config.broker}, or begin a new run.`,
    });
  }
  config.broker = broker;
}

/** What a case needs; said only where something has to be started or changed for it. */
async function deployed(stage: Stage, request: ExperimentRequest, shape: Shape): Promise<Deployment> {
  const { afterDeploy, signal, step } = request;
  const running = await stage.target.current().catch(() => undefined);
  if (running?.shape === shape && isWhole(running) && isAsAsked(request, running)) return running;
  const { deployment, changed } = await step(`deploy ${shape}`, () => stage.target.deploy(shape, signal));
  if (changed) await afterDeploy?.(deployment, step);
  return deployment;
}

function isWhole({ shape, shards, gateway, isOutdated }: Deployment): boolean {
  if (isOutdated) return false;
  const allShards = SHAPE_SHARDS[shape].every((shard) => shards[shard] !== undefined);
  return allShards && (shape === 'single' || gateway !== undefined);
}

/** Nobody asked for a broker: where it publishes is right. */
function isAsAsked(asked: ExperimentRequest, { realBroker, prometheus }: Deployment): boolean {
  if (asked.needsPrometheus && prometheus === undefined) return false;
  return asked.realBroker === undefined || realBroker?.bootstrap === asked.realBroker;
}

/** So many scrapes more than the window, so that the series can be read from rest to rest. */
const MARGIN_SCRAPES = 3;

async function keepSeries(
  stage: Stage,
  deployment: Deployment,
  folder: ResultsFolder,
  phase: PhaseEvidence,
): Promise<void> {
  const marginMs = MARGIN_SCRAPES * (await stage.source(deployment)).intervalMsMax;
  const window = { fromMs: phase.startedAtMs - marginMs, toMs: phase.endedAtMs + marginMs };
  await folder.append('metrics.jsonl', (await stage.keeper(deployment)).dump(window));
}

async function saveRecord(stage: Stage, record: RunRecord, folder: ResultsFolder): Promise<void> {
  record.endedAtMs = stage.now();
  record.judgement = judgeAgain(record);
  await folder.write('run.json', `${JSON.stringify(record)}\n`);
}

/** The judgement of what a record holds; the same numbers give the same verdicts at any time. */
export function judgeAgain({ cases, notRun, config }: RunRecord): Judgement {
  return judge({ cases, notRun, timeScale: config.timeScale, asked: config.cases, repeat: config.repeat });
}

export function progressLine(phase: string, progress: PhaseProgress): string {
  const leftMs = Math.max(0, progress.plannedMs - progress.elapsedMs);
  const p99 = progress.p99Ms === null ? 'p99 –' : `p99 ${progress.p99Ms.toFixed(1)} ms`;
  const matches = progress.matchesThisMinute === null ? '' : `, ${progress.matchesThisMinute} matches this minute`;
  const failed = progress.failed === 0 ? '' : `, ${progress.failed} FAILED`;
  return `${phase}: ${clock(leftMs)} left, ${progress.ratePerSecond.toFixed(1)} orders/s, ${p99}${matches}${failed}`;
}

function clock(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
