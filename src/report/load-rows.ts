/** What was asked of the generator, and what it did. */
import type { CaseEvidence } from '../experiment/evidence.ts';
import { quantileOf } from '../stats/quantile.ts';
import { phaseName } from './latency-rows.ts';
import { count, milliseconds, percent } from './quantities.ts';

export const LOAD_HEAD = [
  'case',
  'scheduled',
  'sent',
  'dropped',
  'late',
  'refused',
  'unknown',
  'lag p99, ms',
  'foreign CPU',
];

export function loadRows(cases: readonly CaseEvidence[]): string[][] {
  return cases.flatMap((evidence) =>
    evidence.phases.map((phase) => {
      const { load, machine } = phase;
      const lagUs = quantileOf(load.lagUs, 0.99)?.estimate;
      return [
        phaseName(evidence, phase),
        ...[load.scheduled, load.sent, load.dropped, load.late, load.refused, load.unknown].map(count),
        milliseconds(lagUs === undefined ? undefined : lagUs / 1_000),
        machine === null ? 'not known' : percent(machine.stealShare + machine.foreignShare),
      ];
    }),
  );
}
