/** Evidence of a case in which all went well; tests change the one thing they are about. */
import { type CaseId, type Phase, phaseDurationMs, type Shard, shardsOf } from '../../src/experiment/cases.ts';
import type { CaseEvidence, LoadEvidence, PhaseEvidence, ShardEvidence } from '../../src/experiment/evidence.ts';
import { faultWindow } from '../../src/experiment/fault-window.ts';
import type { SparseHistogram } from '../../src/stats/sparse-histogram.ts';
import { plannedCase } from '../../src/verdict/planned.ts';
import { settleMs } from '../../src/verdict/steady-rate.ts';

export function buckets(...entries: [lower: number, upper: number | null, count: number][]): SparseHistogram {
  const count = entries.reduce((sum, [, , n]) => sum + n, 0);
  return { buckets: entries, count, sum: entries.reduce((sum, [lower, , n]) => sum + lower * n, 0) };
}

/** One observation after another of the same value, known exactly. */
export function exactly(value: number, count = 1_000): SparseHistogram {
  return buckets([value, value, count]);
}

export interface Wanted {
  repetition?: number;
  timeScale?: number;
  /** Matches a minute of all shards together. */
  matchesPerMinute?: number;
}

const RATES: Partial<Record<CaseId, number>> = { a1: 560, b2: 5_600, b4: 5_600, b5: 2_800, b6: 5_600, b3: 3_000 };

export function evidenceOf(
  caseId: CaseId,
  { repetition = 1, timeScale = 1, matchesPerMinute }: Wanted = {},
): CaseEvidence {
  const empty: CaseEvidence = { caseId, repetition, timeScale, phases: [] };
  const rate = matchesPerMinute ?? RATES[caseId] ?? 1_140;
  const phases = plannedCase(empty).phases.map((phase): PhaseEvidence => {
    const plannedMs = phaseDurationMs(phase);
    const shards = shardsOf(phase);
    return {
      phase: phase.name,
      startedAtMs: 1_767_225_600_000,
      endedAtMs: 1_767_225_600_000 + plannedMs,
      plannedMs,
      load: loadOf(caseId, plannedMs, 100 * shards.length),
      shards: shards.map((shard) => ({ ...shardOf(shard, plannedMs, rate / shards.length), ...stretchesOf(phase) })),
      ...faultOf(phase),
      machine: { cores: 4, stealShare: 0, foreignShare: 0.02, processes: { 'engine-a': 0.3, generator: 0.2 } },
    };
  });
  return { ...empty, phases };
}

function faultOf(phase: Phase): Pick<PhaseEvidence, 'fault'> {
  return phase.fault === undefined ? {} : { fault: { kind: phase.fault, means: 'a test', ...faultWindow(phase) } };
}

function stretchesOf(phase: Phase): Pick<ShardEvidence, 'stretches'> {
  if (phase.fault === undefined) return {};
  const { fromMs, toMs } = faultWindow(phase);
  const matchDuration = buckets([0.0005, 0.0006, 299], [0.001, 0.0011, 1]);
  const one = { matchDuration, eventsOffered: 400, eventsSent: 400 };
  const stretches = [
    { ...one, name: 'before' as const, fromMs: 0, toMs: fromMs },
    { ...one, name: 'during' as const, fromMs, toMs, eventsSent: 0 },
    { ...one, name: 'after' as const, fromMs: toMs, toMs: phaseDurationMs(phase), eventsSent: 800 },
  ];
  return { stretches };
}

function loadOf(caseId: CaseId, plannedMs: number, sent: number): LoadEvidence {
  const offsets = Array.from({ length: Math.round((17 * plannedMs) / 1_000) }, (_, index) => (index * 1_000) / 17);
  return {
    scheduled: sent,
    sent,
    dropped: 0,
    late: 0,
    lateMs: 1,
    accepted: sent,
    refused: 0,
    unknown: 0,
    answers: { 200: sent },
    latencyFromDueUs: buckets([900, 1_000, sent - 1], [2_000, 2_100, 1]),
    latencyFromSendUs: buckets([800, 900, sent - 1], [1_900, 2_000, 1]),
    lagUs: buckets([50, 60, sent]),
    seconds: [],
    rawLatencies:
      caseId === 'b5' || caseId === 'a4'
        ? [
            {
              flow: caseId === 'b5' ? 'steady' : 'orders',
              offsetMs: offsets,
              latencyUs: offsets.map((_, index) => 1_000 + (index % 100)),
            },
          ]
        : [],
    replenished: { orders: 10, reads: 10, failures: 0, blockedLevels: 0 },
  };
}

/** `[offsetMs, value]` once a second from 0.5 s, and at the end. */
export function series(plannedMs: number, valueAt: (seconds: number) => number): [number, number][] {
  const length = Math.floor(plannedMs / 1_000);
  const samples = Array.from({ length }, (_, index): [number, number] => [index * 1_000 + 500, valueAt(index + 0.5)]);
  return [...samples, [plannedMs, valueAt(plannedMs / 1_000)]];
}

function shardOf(shard: Shard, plannedMs: number, matchesPerMinute: number): ShardEvidence {
  const matches = Math.round((matchesPerMinute * plannedMs) / 60_000);
  const duration = buckets([0.0005, 0.0006, matches - 1], [0.001, 0.0011, 1]);
  const stages = ['validation', 'log', 'insertion', 'matching', 'publish'] as const;
  const fromMs = settleMs(plannedMs);
  const windows = Array.from({ length: Math.max(1, Math.floor((plannedMs - fromMs) / 30_000)) }, (_, index) => ({
    fromMs: fromMs + index * 30_000,
    toMs: Math.min(plannedMs, fromMs + (index + 1) * 30_000),
    histogram: buckets([0.0005, 0.0006, 99], [0.001, 0.0011, 1]),
  }));
  return {
    shard,
    scrapes: { count: Math.floor(plannedMs / 1_000), intervalMs: 1_000, longestGapMs: 1_010, resets: 0 },
    matchDuration: duration,
    matchDurationWindows: windows,
    stages: Object.fromEntries(stages.map((stage) => [stage, buckets([0.00001, 0.000011, matches])])),
    gcPauses: buckets([0.0005, 0.001, 4]),
    gcPauseMaxSeconds: 0.0008,
    matches: series(plannedMs, (seconds) => (matchesPerMinute * seconds) / 60),
    orders: series(plannedMs, (seconds) => 17 * seconds),
    askDepth: series(plannedMs, () => 2_000),
    askLevels: series(plannedMs, () => 200),
    askDepthSeeded: 2_000,
    askLevelsSeeded: 200,
    heapBytes: series(plannedMs, (seconds) => 20_000_000 + 500 * 17 * seconds),
    ordersCounted: 100,
    matchesCounted: matches,
    logged: { orders: 100, matches },
    published: { orders: 100, matches, repeated: 0, problems: [] },
  };
}

/** The first phase of the evidence, changed. */
export function withPhase(
  evidence: CaseEvidence,
  change: (phase: PhaseEvidence) => Partial<PhaseEvidence>,
): CaseEvidence {
  const [first, ...rest] = evidence.phases;
  if (first === undefined) throw new Error('no phase to change');
  return { ...evidence, phases: [{ ...first, ...change(first) }, ...rest] };
}

export function withLoad(evidence: CaseEvidence, change: Partial<LoadEvidence>): CaseEvidence {
  return withPhase(evidence, ({ load }) => ({ load: { ...load, ...change } }));
}

/** Shard a of the first phase, changed. */
export function withShard(
  evidence: CaseEvidence,
  change: Partial<ShardEvidence> | ((shard: ShardEvidence) => Partial<ShardEvidence>),
): CaseEvidence {
  return withPhase(evidence, ({ shards }) => ({
    shards: shards.map((one, index) =>
      index === 0 ? { ...one, ...(typeof change === 'function' ? change(one) : change) } : one,
    ),
  }));
}
