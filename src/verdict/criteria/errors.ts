/** A2: orders refused, or without a clear answer. An order sent whose outcome nobody recorded counts as an error. */
import { ERROR_SHARE_MAX } from '../../experiment/criteria.ts';
import type { CaseEvidence } from '../../experiment/evidence.ts';
import { type Finding, noData } from '../finding.ts';
import { percent, whole } from '../wording.ts';

export function errors({ phases }: CaseEvidence): Finding {
  const sent = phases.reduce((sum, { load }) => sum + load.sent, 0);
  if (!(sent > 0)) return noData('no order was sent');
  const failed = phases.reduce(
    (sum, { load }) => sum + Math.max(load.refused + load.unknown, load.sent - load.accepted),
    0,
  );
  const share = failed / sent;
  const found = `${percent(share)} (${whole(failed)} of ${whole(sent)})`;
  const below = share < ERROR_SHARE_MAX;
  const because = `${found} ${below ? 'is' : 'is not'} below ${percent(ERROR_SHARE_MAX, 0)}`;
  return { verdict: below ? 'PASS' : 'FAIL', found, because };
}
