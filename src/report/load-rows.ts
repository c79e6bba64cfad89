/** What was asked of the generator, and what it did. */
import type { CaseEvidence, MachineEvidence } from '../experiment/evidence.ts';
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
        cpuElsewhere(machine),
      ];
    }),
  );
}

/** Where whose processes they are is not known, only what the hypervisor took is. */
function cpuElsewhere(machine: MachineEvidence | null): string {
  if (machine === null) return 'not known';
  const { stealShare, foreignShare } = machine;
  return foreignShare === null ? `steal ${percent(stealShare)}` : percent(stealShare + foreignShare);
}
