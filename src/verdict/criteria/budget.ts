/**
 * A2: is the match as fast as it was designed to be, whole and by part? The whole must stay within its budget; a part
 * may take `passFactor` of its own, and fails beyond `failFactor`.
 */
import { BUDGET_MS } from '../../experiment/criteria.ts';
import type { CaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { quantileOf } from '../../stats/quantile.ts';
import type { SparseHistogram } from '../../stats/sparse-histogram.ts';
import { decisive, type Finding, noData } from '../finding.ts';
import { worstOf } from '../severity.ts';
import { milliseconds } from '../wording.ts';

export function budget({ phases }: CaseEvidence): Finding {
  const shards = phases.flatMap((phase) => phase.shards);
  return decisive(shards.map(budgetOf), 'no shard was measured');
}

function budgetOf({ matchDuration, stages }: ShardEvidence): Finding {
  const total = within('whole', matchDuration, { passMs: BUDGET_MS.total, failMs: BUDGET_MS.total });
  const parts = Object.entries(BUDGET_MS.stages).map(([stage, budgetMs]) =>
    within(stage, stages[stage], { passMs: budgetMs * BUDGET_MS.passFactor, failMs: budgetMs * BUDGET_MS.failFactor }),
  );
  const worst = worstOf([total, ...parts]) ?? total;
  return worst.verdict === 'PASS' ? { ...total, because: `${total.found} and every part are within budget` } : worst;
}

/** Within `passMs` a pass, beyond `failMs` a fail, between them a warning; a bucket over `failMs` leaves it open. */
function within(
  name: string,
  histogram: SparseHistogram | undefined,
  { passMs, failMs }: { passMs: number; failMs: number },
): Finding {
  const p99 = histogram === undefined ? undefined : quantileOf(histogram, 0.99);
  if (p99 === undefined) return noData(`${name} has no observations`);
  const [lower, upper] = [p99.lower, p99.upper].map(picoRounded) as [number, number];
  const [pass, fail] = [passMs / 1_000, failMs / 1_000].map(picoRounded) as [number, number];
  const found = `${name} p99 ${milliseconds(p99.estimate * 1_000)}`;
  const limits = passMs === failMs ? `${passMs} ms` : `${milliseconds(passMs)} (fails beyond ${milliseconds(failMs)})`;
  const because = `${found} against ${limits}`;
  if (upper <= pass) return { verdict: 'PASS', found, because };
  if (lower > fail || (lower === fail && upper > fail)) return { verdict: 'FAIL', found, because };
  if (upper > fail) return { verdict: 'INCONCLUSIVE', found, because: `${because}: its bucket reaches beyond` };
  return { verdict: 'WARN', found, because };
}

/** 3 × 0.05 ms is not 0.15 ms in floating point. */
function picoRounded(seconds: number): number {
  return Number.isFinite(seconds) ? Math.round(seconds * 1e12) / 1e12 : seconds;
}
