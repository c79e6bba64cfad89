/** k6's own end-of-test summary: what it counted, as a check of what its script told. Pure. */
import { z } from 'zod';
import type { Phase } from '../../experiment/cases.ts';
import type { LoadEvidence } from '../../experiment/evidence.ts';
import { scenarioName } from './scenario-name.ts';

const summarySchema = z.object({
  metrics: z.record(z.string(), z.object({ values: z.record(z.string(), z.number().nullable()) })),
});

export interface K6Summary {
  /** Orders that were handed to the connection, whatever became of them and of their iterations. */
  sent: number;
  /** Iterations of the measured scenarios that ran to their end; one that threw counts. */
  iterations: number;
  /** Iterations that were never begun, by flow. */
  dropped: Readonly<Record<string, number>>;
  replenished: LoadEvidence['replenished'];
}

/** @param text what `handleSummary` was given, as JSON; undefined: it is none */
export function parseK6Summary(text: string, phase: Phase): K6Summary | undefined {
  const found = summarySchema.safeParse(jsonOf(text));
  if (!found.success) return undefined;
  const { metrics } = found.data;
  const counts = (name: string): number => metrics[name]?.values.count ?? 0;
  const ofFlow = (metric: string, flow: string): number =>
    counts(`${metric}{scenario:${scenarioName(phase.name, flow)}}`);
  return {
    sent: counts('orders_sent'),
    iterations: phase.flows.reduce((sum, { name }) => sum + ofFlow('iterations', name), 0),
    dropped: Object.fromEntries(phase.flows.map(({ name }) => [name, ofFlow('dropped_iterations', name)])),
    replenished: {
      orders: counts('replenished_orders'),
      reads: counts('replenish_reads'),
      failures: counts('replenish_failures'),
      blockedLevels: counts('replenish_blocked_levels'),
    },
  };
}

/** Of several k6 that shared one schedule. Undefined: one of them left none. */
export function sumOf(summaries: readonly (K6Summary | undefined)[]): K6Summary | undefined {
  const [first, ...others] = summaries;
  return others.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : added(sum, one)), first);
}

function added(left: K6Summary, right: K6Summary): K6Summary {
  return {
    sent: left.sent + right.sent,
    iterations: left.iterations + right.iterations,
    dropped: addedCounts(left.dropped, right.dropped),
    replenished: addedCounts(left.replenished, right.replenished),
  };
}

function addedCounts<Counts extends Readonly<Record<string, number>>>(left: Counts, right: Counts): Counts {
  return Object.fromEntries(Object.entries(left).map(([name, count]) => [name, count + (right[name] ?? 0)])) as Counts;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
