/**
 * A4: does a match get slower while the broker is away? For each kind of fault: the engine's own p99 during it is below
 * the limit, and the raw latencies during it are not slower than those before, repetitions pooled. A rise under the
 * practical margin never fails. That the broker really was away is a validity rule.
 */
import { COMPARISON, P99_MS_MAX } from '../../experiment/criteria.ts';
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';
import { type Finding, noData } from '../finding.ts';
import { plannedCase } from '../planned.ts';
import { worstOf } from '../severity.ts';
import { settleMs } from '../steady-rate.ts';
import { compareSides, type Sides } from './compare-sides.ts';
import { p99Below, UNIT } from './p99.ts';

const FLOW = 'orders';
/** Fewer latencies than this share of what was sent, and the missing ones could be the p99. */
const KEPT_SHARE_MIN = 0.99;

export function decoupling(evidence: readonly CaseEvidence[]): Finding {
  const [first] = evidence;
  if (first === undefined) return noData('nothing was measured');
  const findings = plannedCase(first).phases.map(({ name }) => ofFault(name, evidence));
  return worstOf(findings) ?? noData('nothing was measured');
}

function ofFault(name: string, evidence: readonly CaseEvidence[]): Finding {
  const phases = evidence.map((one) => one.phases.find(({ phase }) => phase === name));
  const sides = phases.map((phase) => phase && sidesOf(phase));
  const during = phases.flatMap((phase) => (phase?.shards ?? []).map((shard) => duringOf(shard.stretches)));
  if (during.length === 0 || during.includes(undefined) || sides.includes(undefined)) {
    return noData(`latencies around the fault "${name}"`);
  }
  const limits = during.map((histogram) => {
    const stretch = { name: `${name}, during`, histogram: histogram ?? { buckets: [], count: 0, sum: 0 } };
    return p99Below(P99_MS_MAX, stretch, UNIT.seconds);
  });
  const beforeMs = sides.flatMap((one) => one?.beforeMs ?? []);
  const afterMs = sides.flatMap((one) => one?.afterMs ?? []);
  const words = { before: 'before', after: `during "${name}"`, repetitions: evidence.length };
  const compared = compareSides({ beforeMs, afterMs }, { riseMax: COMPARISON.decouplingRiseMax, ...words });
  return worstOf([compared, ...limits]) ?? noData('nothing was measured');
}

function duringOf(stretches: PhaseEvidence['shards'][number]['stretches']) {
  return stretches?.find(({ name }) => name === 'during')?.matchDuration;
}

function sidesOf({ fault, load, plannedMs }: PhaseEvidence): Sides | undefined {
  const raw = load.rawLatencies.find(({ flow }) => flow === FLOW);
  if (fault === undefined || raw === undefined || raw.offsetMs.length !== raw.latencyUs.length) return undefined;
  if (!(raw.latencyUs.length >= KEPT_SHARE_MIN * load.scheduled)) return undefined;
  const sides: Sides = { beforeMs: [], afterMs: [] };
  const settledMs = settleMs(plannedMs);
  raw.offsetMs.forEach((offsetMs, index) => {
    const latencyMs = (raw.latencyUs[index] ?? Number.POSITIVE_INFINITY) / 1_000;
    if (offsetMs >= settledMs && offsetMs < (fault.askedMs ?? fault.fromMs)) sides.beforeMs.push(latencyMs);
    if (offsetMs >= fault.fromMs && offsetMs < fault.toMs) sides.afterMs.push(latencyMs);
  });
  return sides;
}
