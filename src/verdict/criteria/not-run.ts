/** Criteria that this version of mex cannot judge, with the reason that the case gives. */
import type { CaseEvidence } from '../../experiment/evidence.ts';
import type { Finding } from '../finding.ts';
import { caseOf } from '../planned.ts';
import { shardP99 } from './latency.ts';

/** B3: the load ran; its p99 is shown as found, and decides nothing. */
export function continuity(evidence: CaseEvidence): Finding {
  return { verdict: 'NOT RUN', found: shardP99(evidence).found, because: reasonOf(evidence.caseId) };
}

function reasonOf(caseId: CaseEvidence['caseId']): string {
  return caseOf(caseId).notRun?.reason ?? 'this version of mex cannot judge it';
}
