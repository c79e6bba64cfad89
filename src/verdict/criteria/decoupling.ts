/**
 * A4: does a match get slower while the broker is away? For each kind of fault: the engine's own p99 during it is below
 * the limit, and the raw latencies during it are not slower than those before. A rise under the practical margin never
 * fails. Repetitions are pooled, and so is what came before each fault: nothing differs until the broker is taken away.
 * That it really was away is a validity rule.
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
  const faults = faultsOf(evidence);
  const missing = faults.find(({ sides }) => sides === undefined);
  if (missing !== undefined) return noData(`latencies around the fault "${missing.name}"`);
  const beforeMs = beforeFaults(evidence) ?? [];
  const findings = faults.flatMap(({ name, phases, sides = [] }) => {
    const duringMs = sides.flatMap(({ afterMs }) => afterMs);
    const words = { before: 'before', after: `during "${name}"`, repetitions: evidence.length };
    const question = { riseMax: COMPARISON.decouplingRiseMax, ...words };
    return [compareSides({ beforeMs, afterMs: duringMs }, question), ...phases.flatMap((one) => limitsOf(one, name))];
  });
  return worstOf(findings) ?? noData('nothing was measured');
}

/** Latencies with the broker there, in milliseconds. Undefined: of some repetition they were not kept. */
export function beforeFaults(evidence: readonly CaseEvidence[]): number[] | undefined {
  const sides = faultsOf(evidence).map((fault) => fault.sides);
  return sides.includes(undefined) ? undefined : sides.flatMap((one = []) => one.flatMap(({ beforeMs }) => beforeMs));
}

interface FaultMeasured {
  name: string;
  /** A repetition each. */
  phases: (PhaseEvidence | undefined)[];
  /** Undefined: of some repetition they were not kept. */
  sides: Sides[] | undefined;
}

function faultsOf(evidence: readonly CaseEvidence[]): FaultMeasured[] {
  const [first] = evidence;
  const planned = first === undefined ? [] : plannedCase(first).phases;
  return planned.map(({ name }) => {
    const phases = evidence.map((one) => one.phases.find(({ phase }) => phase === name));
    const sides = phases.map(sidesOf).filter((one) => one !== undefined);
    return { name, phases, sides: sides.length === phases.length ? sides : undefined };
  });
}

/** The engine's own p99 during the fault, on each shard. */
function limitsOf(phase: PhaseEvidence | undefined, name: string): Finding[] {
  const during = (phase?.shards ?? []).map(({ stretches }) => duringOf(stretches));
  if (during.length === 0) return [noData(`the engine's own latencies during "${name}"`)];
  return during.map((histogram) =>
    histogram === undefined
      ? noData(`the engine's own latencies during "${name}"`)
      : p99Below(P99_MS_MAX, { name: `${name}, during`, histogram }, UNIT.seconds),
  );
}

function duringOf(stretches: PhaseEvidence['shards'][number]['stretches']) {
  return stretches?.find(({ name }) => name === 'during')?.matchDuration;
}

function sidesOf(phase: PhaseEvidence | undefined): Sides | undefined {
  if (phase === undefined) return undefined;
  const { fault, load, plannedMs } = phase;
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
