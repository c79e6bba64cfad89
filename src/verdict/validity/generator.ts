/** 6. The generator kept its own schedule. A p99 whose bucket reaches beyond the limit is a miss. */
import type { CaseEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { quantileOf, withSlowest } from '../../stats/quantile.ts';
import { milliseconds } from '../wording.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

export function generator(evidence: CaseEvidence): RuleFinding {
  return everyPhase(evidence, `lag p99 ≤ ${VALIDITY.generatorLagP99MsMax} ms`, ({ load }) => {
    const lag = quantileOf(load.lagUs, 0.99);
    const judged = quantileOf(withSlowest(load.lagUs, load.sent - load.lagUs.count), 0.99);
    if (lag === undefined || judged === undefined) return { ok: false, found: 'no lag was measured' };
    return {
      ok: judged.upper <= VALIDITY.generatorLagP99MsMax * 1_000,
      found: `lag p99 ${milliseconds(judged.upper === lag.upper ? lag.estimate / 1_000 : judged.upper / 1_000)}`,
    };
  });
}
