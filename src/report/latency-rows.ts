/** The latencies of a case as a table: one row a phase and quantity, percentiles in milliseconds. */
import type { CaseEvidence, PhaseEvidence } from '../experiment/evidence.ts';
import { highestBucketOf, quantileOf } from '../stats/quantile.ts';
import type { SparseHistogram } from '../stats/sparse-histogram.ts';
import { milliseconds, perSecond } from './quantities.ts';

export const LATENCY_HEAD = ['case', 'offered', 'latency, ms', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;
const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999];

export function latencyRows(cases: readonly CaseEvidence[]): string[][] {
  return cases.flatMap((evidence) => evidence.phases.flatMap((phase) => rowsOf(phaseName(evidence, phase), phase)));
}

/** `a2`, `a3 deep`, `a2 #2`. */
export function phaseName({ caseId, repetition, phases }: CaseEvidence, { phase }: PhaseEvidence): string {
  return [caseId, phases.length > 1 ? phase : '', repetition > 1 ? `#${repetition}` : ''].filter(Boolean).join(' ');
}

function rowsOf(name: string, { load, shards, plannedMs }: PhaseEvidence): string[][] {
  const offered = perSecond(load.scheduled, plannedMs);
  return [
    [name, offered, 'from due', ...percentiles(load.latencyFromDueUs, 1 / 1_000)],
    [name, offered, 'from sent', ...percentiles(load.latencyFromSendUs, 1 / 1_000)],
    ...shards.map(({ shard, matchDuration }) => [
      name,
      offered,
      `match ${shard}`,
      ...percentiles(matchDuration, 1_000),
    ]),
  ];
}

function percentiles(histogram: SparseHistogram, factor: number): string[] {
  const highest = highestBucketOf(histogram);
  const values = QUANTILES.map((q) => quantileOf(histogram, q)?.estimate);
  return [...values, highest?.upper].map((value) => milliseconds(value === undefined ? undefined : value * factor));
}
