/**
 * One phase, from empty books to evidence: reset → seed → load → come to rest → measure.
 * It never judges; what could not be measured is told in words and makes the case invalid later.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { type Case, type Phase, phaseDurationMs, type Shard, shardsOf } from '../experiment/cases.ts';
import type { LoadEvidence, MachineEvidence, PhaseEvidence, ShardEvidence } from '../experiment/evidence.ts';
import type { LoadDriver, LoadPlan, LoadProgress, LoadRun } from '../load/load-driver.ts';
import { type Deployment, deployCommand, type Endpoint, endpointsOf, type Target } from '../targets/target.ts';
import type { MetricsSource, SeriesKeeper } from '../telemetry/metrics-source.ts';
import { measureShard, type PhaseWindow } from './measure-shard.ts';
import { measureStretches } from './measure-stretches.ts';
import { postJson } from './post-json.ts';
import { TimedFault } from './timed-fault.ts';
import { TimedLoss } from './timed-loss.ts';
import { waitFor } from './wait-for.ts';
import { askWitnesses } from './witnesses.ts';

/** Where a run takes place and what with. */
export interface Stage {
  target: Target;
  driver: LoadDriver;
  /** The metrics of what is deployed. */
  source(deployment: Deployment): Promise<MetricsSource>;
  /** Where a driver may push its own metrics; undefined: nowhere. */
  remoteWriteUrl?(deployment: Deployment): string | undefined;
  /** What keeps the series of what is deployed, for the run's folder. */
  keeper(deployment: Deployment): Promise<SeriesKeeper>;
  machine: MachineProbe;
  now(): number;
}

/** Measures whose CPU time it was, between `begin` and the end of what it returns. */
export interface MachineProbe {
  begin(pids: Record<string, number>): Promise<(extraCpuMs: Record<string, number>) => Promise<MachineEvidence | null>>;
}

export interface PhaseRequest {
  case: Case;
  phase: Phase;
  deployment: Deployment;
  idPrefix: string;
  testId: string;
  logs: NonNullable<LoadPlan['logs']>;
  seed: number;
  /** Its server is lost on purpose, half-way. */
  loseShard?: Shard;
  onProgress(progress: PhaseProgress): void;
  signal: AbortSignal;
}

export interface PhaseProgress extends LoadProgress {
  matchesThisMinute: number | null;
}

export interface PhaseResult {
  evidence: PhaseEvidence;
  /** Set when the phase did not come to its end, or a part of it could not be measured. */
  brokenOff?: string;
}

/** Scrapes to wait for at rest, before and after the load. */
const RESTED_SCRAPES = 2;
/** A Prometheus looks at its targets anew each 5 s. */
const SCRAPES_WAITED_MAX = 10;

export async function runPhase(stage: Stage, request: PhaseRequest): Promise<PhaseResult> {
  const { phase, deployment, signal } = request;
  const shards = shardsOf(phase);
  const source = await stage.source(deployment);
  const remoteWriteUrl = stage.remoteWriteUrl?.(deployment);
  const plan = { ...loadPlan(request, shards), ...(remoteWriteUrl !== undefined && { remoteWriteUrl }) };

  const { adminToken } = deployment;
  for (const shard of shards) await postJson(`${endpointOf(deployment, shard).url}/reset`, {}, signal, adminToken);
  await stage.driver.seed(plan, signal);
  await restedScrapes(stage, source, shards, stage.now());

  const endMachine = await stage.machine.begin(processIds(deployment));
  const watch = matchWatch(source, shards, stage.now);
  const fault = phase.fault === undefined ? null : new TimedFault(stage.target, phase, signal);
  const lost = request.loseShard;
  const loss = lost === undefined ? null : new TimedLoss(stage.target, { phase, shard: lost }, signal);
  const onProgress = (progress: LoadProgress): void => {
    fault?.at(progress.elapsedMs);
    loss?.at(progress.elapsedMs);
    request.onProgress(watch(progress));
  };
  let load: LoadRun;
  let machine: MachineEvidence | null;
  try {
    load = await stage.driver.run(plan, onProgress, signal);
    // Not the time that a broker or a shard takes to come back.
    machine = await endMachine(load.generator.cpuMs === null ? {} : { generator: load.generator.cpuMs });
  } finally {
    await Promise.all([fault?.end(), loss?.end()]);
  }
  await restedScrapes(stage, source, shards, load.endedAtMs);

  const window = { fromMs: load.startedAtMs, toMs: load.endedAtMs, restedMs: stage.now() };
  const broken = [fault?.failure, loss?.failure].filter((failure) => failure !== undefined);
  const [away, gone] = [fault?.evidence(load.startedAtMs), loss?.evidence(load.startedAtMs)];
  const find = gone && load.evidence.unknownIds;
  const measured = await measureShards(stage, source, { phase, shards, window, fault: away, find });
  measured.failures.unshift(...broken);
  return assemble(
    phase,
    load,
    { ...measured, restedAtMs: window.restedMs, ...(away && { fault: away }), ...(gone && { loss: gone }) },
    machine,
  );
}

function endpointOf(deployment: Deployment, shard: Shard): Endpoint {
  const endpoint = deployment.shards[shard];
  if (endpoint !== undefined) return endpoint;
  throw new MexError(`Shard ${shard} is not deployed`, {
    code: 'NOT_DEPLOYED',
    exit: EXIT.environment,
    suggestion: `Run: ${deployCommand({ ...deployment, shape: 'multi' })}`,
  });
}

function loadPlan(request: PhaseRequest, shards: Shard[]): LoadPlan {
  const { case: experiment, phase, deployment, idPrefix, testId, logs, seed } = request;
  const entry = experiment.via === 'gateway' ? deployment.gateway : endpointOf(deployment, 'a');
  if (entry === undefined) {
    throw new MexError('The gateway is not deployed', {
      code: 'NOT_DEPLOYED',
      exit: EXIT.environment,
      suggestion: `Run: ${deployCommand({ ...deployment, shape: 'multi' })}`,
    });
  }
  const seedUrl = (shard: Shard): string => `${entry.url}/seed/${shard}`;
  const { pod } = entry;
  return {
    idPrefix,
    phase,
    k6Script: experiment.k6Script,
    seed,
    vusMax: experiment.vusMax,
    ordersUrl: entry.url,
    ...(pod !== undefined && { ordersUrlInside: pod.url }),
    ...(deployment.adminToken !== undefined && { adminToken: deployment.adminToken }),
    seedUrls: Object.fromEntries(shards.map((shard) => [shard, seedUrl(shard)])),
    testId,
    logs,
    rawFlows: experiment.id === 'b5' ? ['steady'] : phase.fault === undefined ? [] : ['orders'],
  };
}

function processIds(deployment: Deployment): Record<string, number> {
  const own = endpointsOf(deployment).flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const]));
  const { process } = deployment.realBroker ?? {};
  return { ...Object.fromEntries(own), ...(process && { broker: process.pid }) };
}

/** Waits until every shard was scraped twice after an instant, or long enough to be sure that it will not be. */
async function restedScrapes(stage: Stage, source: MetricsSource, shards: Shard[], sinceMs: number): Promise<void> {
  const rested = async (): Promise<boolean> => {
    const window = { fromMs: sinceMs, toMs: stage.now() };
    const counts = await Promise.all(
      shards.map(async (shard) => (await source.scrapes(`engine-${shard}`, window)).atMs.length),
    );
    return counts.every((count) => count >= RESTED_SCRAPES);
  };
  await waitFor(rested, SCRAPES_WAITED_MAX * source.intervalMsMax);
}

/** Adds the matches of the running minute to the generator's progress; the figure is the one of the last look. */
function matchWatch(source: MetricsSource, shards: Shard[], now: () => number): (load: LoadProgress) => PhaseProgress {
  const startedMs = now();
  let matchesThisMinute: number | null = null;
  const look = async (): Promise<void> => {
    const nowMs = now();
    const window = { fromMs: startedMs + Math.floor((nowMs - startedMs) / 60_000) * 60_000, toMs: nowMs };
    const counted = await Promise.all(
      shards.map(async (shard) => {
        const samples = await source.samples({ target: `engine-${shard}`, metric: 'me_matches_total' }, window);
        return (samples.at(-1)?.value ?? 0) - (samples[0]?.value ?? 0);
      }),
    );
    matchesThisMinute = counted.reduce((sum, count) => sum + count, 0);
  };
  return (load) => {
    look().catch(() => {
      matchesThisMinute = null;
    });
    return { ...load, matchesThisMinute };
  };
}

interface Measured {
  shards: ShardEvidence[];
  failures: string[];

  fault?: NonNullable<PhaseEvidence['fault']>;
  loss?: NonNullable<PhaseEvidence['loss']>;
}

interface MeasureRequest {
  phase: Phase;
  shards: Shard[];
  window: PhaseWindow;
  fault: PhaseEvidence['fault'];
  /** Orders to look for in the log. */
  find: string[] | undefined;
}

async function measureShards(stage: Stage, source: MetricsSource, request: MeasureRequest): Promise<Measured> {
  const measured: Measured = { shards: [], failures: [] };
  for (const shard of request.shards) {
    try {
      const metrics = await measureShard(source, shard, request.phase, request.window);
      const { fault } = request;
      const stretches = fault && { stretches: await measureStretches(source, shard, request.window, fault) };
      const witnesses = await askWitnesses(stage.target, shard, request.find);
      measured.shards.push({ ...metrics, ...witnesses, ...stretches });
    } catch (thrown) {
      measured.failures.push(`shard ${shard} could not be measured: ${messageOf(thrown)}`);
    }
  }
  return measured;
}

function assemble(
  phase: Phase,
  load: LoadRun,
  measured: Measured & { restedAtMs: number },
  machine: MachineEvidence | null,
): PhaseResult {
  const evidence: PhaseEvidence = {
    phase: phase.name,
    startedAtMs: load.startedAtMs,
    endedAtMs: load.endedAtMs,
    restedAtMs: measured.restedAtMs,
    plannedMs: phaseDurationMs(phase),
    load: load.evidence satisfies LoadEvidence,
    shards: measured.shards,
    machine,
    ...(measured.fault && { fault: measured.fault }),
    ...(measured.loss && { loss: measured.loss }),
  };
  const broken = [load.brokenOff, ...measured.failures].filter((reason) => reason !== undefined);
  return broken.length === 0 ? { evidence } : { evidence, brokenOff: broken.join('; ') };
}
