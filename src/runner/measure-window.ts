/**
 * What the servers said of themselves over a stretch of time in which somebody sent a case's load: the half of the
 * evidence that a metrics source holds. Nobody tells here what the client saw.
 */
import { messageOf } from '../errors/mex-error.ts';
import { type Case, type Phase, phaseDurationMs, shardsOf } from '../experiment/cases.ts';
import type { ShardEvidence } from '../experiment/evidence.ts';
import type { MetricsSource, Window } from '../telemetry/metrics-source.ts';
import type { ObservedCase } from '../verdict/judge-observed.ts';
import { measureShard } from './measure-shard.ts';

/** @param observed a case of one phase, which the stretch is taken for, whatever its length. */
export async function measureWindow(source: MetricsSource, observed: Case, window: Window): Promise<ObservedCase> {
  const [original] = observed.phases;
  if (original === undefined || observed.phases.length > 1) throw new Error(`${observed.id} is not of one phase`);
  const timeScale = (window.toMs - window.fromMs) / phaseDurationMs(original);
  const phase = stretched(original, timeScale);
  const shards: ShardEvidence[] = [];
  const problems: string[] = [];
  for (const shard of shardsOf(phase)) {
    try {
      const measured = await measureShard(source, shard, phase, { ...window, restedMs: window.toMs });
      shards.push({ ...measured, logged: null, loggedWhyNot: 'metrics alone do not tell' });
    } catch (thrown) {
      problems.push(`shard ${shard} could not be measured: ${messageOf(thrown)}`);
    }
  }
  return {
    caseId: observed.id,
    timeScale,
    phase: phase.name,
    window,
    plannedMs: phaseDurationMs(phase),
    shards,
    problems,
  };
}

function stretched(phase: Phase, factor: number): Phase {
  const flows = phase.flows.map((flow) => ({
    ...flow,
    stages: flow.stages.map((stage) => ({ ...stage, durationMs: Math.round(stage.durationMs * factor) })),
  }));
  return { ...phase, flows };
}
