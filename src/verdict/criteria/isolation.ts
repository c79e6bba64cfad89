/**
 * B5: does shard a's p99 rise when shard b's load does? The raw latencies of a's own flow, before and after the half
 * of the phase, repetitions pooled. A rise under the practical margin never fails.
 */
import { COMPARISON } from '../../experiment/criteria.ts';
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';
import { type Finding, noData } from '../finding.ts';
import { plannedCase } from '../planned.ts';
import { settleMs } from '../steady-rate.ts';
import { compareSides, type Sides } from './compare-sides.ts';

const FLOW = 'steady';
/** Fewer latencies than this share of the schedule, and the missing ones could be the p99. */
const KEPT_SHARE_MIN = 0.99;

export function isolation(evidence: readonly CaseEvidence[]): Finding {
  const sides = evidence.map(sidesOf);
  if (sides.length === 0 || sides.some((one) => one === undefined)) return noData(`raw latencies of flow ${FLOW}`);
  const beforeMs = sides.flatMap((one) => one?.beforeMs ?? []);
  const afterMs = sides.flatMap((one) => one?.afterMs ?? []);
  const question = {
    riseMax: COMPARISON.isolationRiseMax,
    before: 'before',
    after: 'after',
    repetitions: evidence.length,
  };
  return compareSides({ beforeMs, afterMs }, question);
}

/** Latencies before and after the half, without the settling part. Undefined when too few were kept. */
function sidesOf(evidence: CaseEvidence): Sides | undefined {
  const [phase] = evidence.phases;
  const raw = phase?.load.rawLatencies.find(({ flow }) => flow === FLOW);
  if (phase === undefined || raw === undefined || raw.offsetMs.length !== raw.latencyUs.length) return undefined;
  if (raw.latencyUs.length < KEPT_SHARE_MIN * scheduledOf(evidence)) return undefined;
  return splitAtHalf(phase, raw);
}

function splitAtHalf({ plannedMs }: PhaseEvidence, raw: { offsetMs: number[]; latencyUs: number[] }): Sides {
  const sides: Sides = { beforeMs: [], afterMs: [] };
  const fromMs = settleMs(plannedMs);
  raw.offsetMs.forEach((offsetMs, index) => {
    if (offsetMs < fromMs) return;
    const side = offsetMs < plannedMs / 2 ? sides.beforeMs : sides.afterMs;
    side.push((raw.latencyUs[index] ?? Number.POSITIVE_INFINITY) / 1_000);
  });
  return sides;
}

function scheduledOf(evidence: CaseEvidence): number {
  const stages = plannedCase(evidence).phases.flatMap(({ flows }) =>
    flows.filter(({ name }) => name === FLOW).flatMap((flow) => flow.stages),
  );
  const perStage = stages.map((one) => ((one.fromPerSecond + one.toPerSecond) / 2) * (one.durationMs / 1_000));
  return perStage.reduce((sum, orders) => sum + orders, 0);
}
