/** For programs: the judgement with the mark at each verdict, and the key figures of each phase. */
import type { PhaseEvidence } from '../experiment/evidence.ts';
import { quantileOf } from '../stats/quantile.ts';
import type { SparseHistogram } from '../stats/sparse-histogram.ts';
import { marked } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';

export function jsonReport(record: RunRecord): object {
  const { runId, mexVersion, commit, config, machine, judgement, cases, notRun } = record;
  const { indicative } = judgement;
  const shown = <T extends { verdict: string }>(one: T) => ({
    ...one,
    indicative,
    said: marked(one.verdict, indicative),
  });
  return {
    runId,
    mexVersion,
    commit,
    config,
    machine,
    indicative,
    interrupted: record.interrupted ?? false,
    asrs: judgement.asrs.map((asr) => ({ ...shown(asr), criteria: asr.criteria.map(shown) })),
    cases: judgement.cases.map((one) => ({ ...shown(one), criteria: one.criteria.map(shown) })),
    notRun,
    figures: cases.flatMap(({ caseId, repetition, phases }) =>
      phases.map((phase) => ({ caseId, repetition, phase: phase.phase, ...figuresOf(phase) })),
    ),
  };
}

function figuresOf({ load, shards, plannedMs }: PhaseEvidence): object {
  const { scheduled, sent, dropped, late, accepted, refused, unknown } = load;
  return {
    offeredPerSecond: plannedMs > 0 ? (scheduled * 1_000) / plannedMs : null,
    load: { scheduled, sent, dropped, late, accepted, refused, unknown },
    latencyFromDueMs: percentiles(load.latencyFromDueUs, 1 / 1_000),
    latencyFromSendMs: percentiles(load.latencyFromSendUs, 1 / 1_000),
    generatorLagMs: percentiles(load.lagUs, 1 / 1_000),
    shards: shards.map(({ shard, matchDuration, matchesCounted, ordersCounted }) => ({
      shard,
      ordersCounted,
      matchesCounted,
      matchMs: percentiles(matchDuration, 1_000),
    })),
  };
}

/** Null without observations. */
function percentiles(histogram: SparseHistogram, factor: number): Record<string, number> | null {
  const at = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 };
  const found = Object.entries(at).flatMap(([name, q]) => {
    const quantile = quantileOf(histogram, q);
    return quantile === undefined ? [] : [[name, quantile.estimate * factor] as const];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}
