/**
 * B5: does shard a's p99 rise when shard b's load does? The raw latencies of a's own flow, before and after the half
 * of the phase, repetitions pooled. A rise under the practical margin never fails.
 */
import { COMPARISON } from '../../experiment/criteria.ts';
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';
import { compareQuantiles, P99_BOOTSTRAP, P99_OBSERVATIONS_MIN } from '../../stats/bootstrap.ts';
import { type Finding, noData } from '../finding.ts';
import { plannedCase } from '../planned.ts';
import { repetitionsToSettle } from '../settling.ts';
import { settleMs } from '../steady-rate.ts';
import { milliseconds, percent } from '../wording.ts';

const FLOW = 'steady';
/** Fewer latencies than this share of the schedule, and the missing ones could be the p99. */
const KEPT_SHARE_MIN = 0.99;

interface Sides {
  beforeMs: number[];
  afterMs: number[];
}

export function isolation(evidence: readonly CaseEvidence[]): Finding {
  const sides = evidence.map(sidesOf);
  if (sides.length === 0 || sides.some((one) => one === undefined)) return noData(`raw latencies of flow ${FLOW}`);
  const beforeMs = sides.flatMap((one) => one?.beforeMs ?? []);
  const afterMs = sides.flatMap((one) => one?.afterMs ?? []);
  const comparison = compareQuantiles(beforeMs, afterMs, { ...P99_BOOTSTRAP, confidence: COMPARISON.confidence });
  if (comparison === undefined) return noData(`latencies of flow ${FLOW} before and after the step`);
  const { before, after, difference } = comparison;
  const limitMs = Math.max(COMPARISON.isolationRiseMax * before, COMPARISON.practicalMs);
  const found = `p99 ${milliseconds(before)} before, ${milliseconds(after)} after (${percent(difference.estimate / before, 1)})`;
  const interval = `95 % CI ${milliseconds(difference.lower)} to ${milliseconds(difference.upper)}`;
  const because = `${found}; up by ${milliseconds(difference.estimate)} (${interval}), allowed ${milliseconds(limitMs)}`;
  const fewest = Math.min(beforeMs.length, afterMs.length);
  if (fewest < P99_OBSERVATIONS_MIN) {
    const few = `${fewest} latencies on one side: a p99 with its interval needs ${P99_OBSERVATIONS_MIN}, about `;
    const repetitions = Math.ceil((evidence.length * P99_OBSERVATIONS_MIN) / fewest);
    return { verdict: 'INCONCLUSIVE', found, because: `${few}${repetitions} repetitions of this length` };
  }
  if (difference.upper <= limitMs) return { verdict: 'PASS', found, because };
  if (difference.lower > limitMs) return { verdict: 'FAIL', found, because };
  const settling = repetitionsToSettle(difference, limitMs, evidence.length);
  return { verdict: 'INCONCLUSIVE', found, because: `${because}; ${settling}` };
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
