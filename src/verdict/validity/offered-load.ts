/** 1. Nearly all of the scheduled orders were sent; what was dropped is told. */
import type { CaseEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { percent, whole } from '../wording.ts';
import { everyPhase, type RuleFinding, shareOf } from './rule-finding.ts';

export function offeredLoad(evidence: CaseEvidence): RuleFinding {
  return everyPhase(evidence, `≥ ${percent(VALIDITY.offeredShareMin, 0)} of the schedule sent`, ({ load }) => {
    const share = shareOf(load.sent, load.scheduled);
    return {
      ok: share >= VALIDITY.offeredShareMin,
      found: `${whole(load.sent)} of ${whole(load.scheduled)} sent (${percent(share)}), ${whole(load.dropped)} dropped`,
    };
  });
}
