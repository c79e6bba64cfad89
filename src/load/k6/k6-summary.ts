/** k6's own end-of-test summary: what it counted, as a check of what its script told. Pure. */
import { z } from 'zod';
import type { LoadEvidence } from '../../experiment/evidence.ts';

const summarySchema = z.object({
  metrics: z.record(z.string(), z.object({ values: z.record(z.string(), z.number().nullable()) })),
});

export interface K6Summary {
  /** Iterations of the measured scenarios: those that ran to their end, and those that were never begun. */
  iterations: number;
  dropped: number;
  replenished: LoadEvidence['replenished'];
}

/** @param text what `handleSummary` was given, as JSON; undefined: it is none */
export function parseK6Summary(text: string): K6Summary | undefined {
  const found = summarySchema.safeParse(jsonOf(text));
  if (!found.success) return undefined;
  const { metrics } = found.data;
  const counts = (name: string): number => metrics[name]?.values.count ?? 0;
  const ofScenarios = (metric: string): number =>
    Object.keys(metrics)
      .filter((name) => name.startsWith(`${metric}{scenario:`))
      .reduce((sum, name) => sum + counts(name), 0);
  return {
    iterations: ofScenarios('iterations'),
    dropped: ofScenarios('dropped_iterations'),
    replenished: {
      orders: counts('replenished_orders'),
      reads: counts('replenish_reads'),
      failures: counts('replenish_failures'),
      blockedLevels: counts('replenish_blocked_levels'),
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
