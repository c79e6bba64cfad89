/** 7. The machine worked for the experiment. A miss does not make a case invalid: it takes a slow answer's weight. */
import type { CaseEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { percent } from '../wording.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

export function machine(evidence: CaseEvidence): RuleFinding {
  const expected = `steal and foreign processes ≤ ${percent(VALIDITY.foreignCpuShareMax, 0)} of the machine`;
  const known = evidence.phases.filter((phase) => phase.machine !== null);
  if (known.length === 0) {
    return { ok: true, found: 'not known', expected, notApplicable: 'this system does not tell whose CPU time it was' };
  }
  return everyPhase({ ...evidence, phases: known }, expected, (phase) => {
    const { stealShare, foreignShare } = phase.machine ?? { stealShare: Number.NaN, foreignShare: Number.NaN };
    const foreign = foreignShare === null ? 'not known' : percent(foreignShare, 1);
    return {
      ok: stealShare + (foreignShare ?? 0) <= VALIDITY.foreignCpuShareMax + ROUNDING,
      found: `steal ${percent(stealShare, 1)}, foreign ${foreign}`,
    };
  });
}

/** 0.07 + 0.03 is a little over 0.1 in floating point. */
const ROUNDING = 1e-9;
