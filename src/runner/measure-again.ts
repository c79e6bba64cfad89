/**
 * What the servers said of themselves, read again from another source over the same stretches: a kept run, measured a
 * second time. The client's side, the logs and the events stay as they were kept. It judges nothing.
 */
import { messageOf } from '../errors/mex-error.ts';
import { CASES, type Phase, shardsOf } from '../experiment/cases.ts';
import type { CaseEvidence, PhaseEvidence, ShardEvidence } from '../experiment/evidence.ts';
import { scaleCase } from '../experiment/scale-case.ts';
import type { MetricsSource } from '../telemetry/metrics-source.ts';
import { measureShard } from './measure-shard.ts';
import { measureStretches } from './measure-stretches.ts';
import type { Witnesses } from './witnesses.ts';

/** A record of an earlier release does not say when its counters had come to rest: so many scrapes after the end. */
const RESTED_SCRAPES = 2;

/** What cannot be read breaks the case off, with the reason, as it does while a case runs. */
export async function measureAgain(evidence: CaseEvidence, source: MetricsSource): Promise<CaseEvidence> {
  const { caseId, timeScale } = evidence;
  const planned = CASES.filter(({ id }) => id === caseId).flatMap((one) => scaleCase(one, timeScale).phases);
  const failures = evidence.brokenOff === undefined ? [] : [evidence.brokenOff];
  const phases: PhaseEvidence[] = [];
  for (const kept of evidence.phases) {
    const phase = planned.find(({ name }) => name === kept.phase);
    if (phase === undefined) throw new Error(`${caseId} has no phase ${kept.phase}`);
    const { shards, problems } = await measurePhase(kept, phase, source);
    failures.push(...problems);
    phases.push({ ...kept, shards });
  }
  return { ...evidence, phases, ...(failures.length > 0 && { brokenOff: failures.join('; ') }) };
}

async function measurePhase(
  kept: PhaseEvidence,
  phase: Phase,
  source: MetricsSource,
): Promise<{ shards: ShardEvidence[]; problems: string[] }> {
  const { startedAtMs: fromMs, endedAtMs: toMs, fault } = kept;
  const window = { fromMs, toMs, restedMs: kept.restedAtMs ?? toMs + RESTED_SCRAPES * source.intervalMsMax };
  const shards: ShardEvidence[] = [];
  const problems: string[] = [];
  for (const shard of shardsOf(phase)) {
    try {
      const measured = await measureShard(source, shard, phase, window);
      const stretches = fault && { stretches: await measureStretches(source, shard, window, fault) };
      shards.push({ ...measured, ...witnessesOf(kept.shards.find((one) => one.shard === shard)), ...stretches });
    } catch (thrown) {
      problems.push(`${kept.phase}: shard ${shard} could not be measured: ${messageOf(thrown)}`);
    }
  }
  return { shards, problems };
}

/** What others than the metrics counted. */
function witnessesOf(kept: ShardEvidence | undefined): Witnesses {
  if (kept === undefined) return { logged: null, loggedWhyNot: 'the run kept nothing of this shard' };
  const { logged, loggedWhyNot, published, publishedWhyNot } = kept;
  return {
    logged,
    ...(loggedWhyNot !== undefined && { loggedWhyNot }),
    ...(published !== undefined && { published }),
    ...(publishedWhyNot !== undefined && { publishedWhyNot }),
  };
}
