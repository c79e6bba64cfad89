/** The part of a run that speaks of one ASR. */
import type { AsrId, CaseId } from '../experiment/cases.ts';
import { CASES } from '../experiment/cases.ts';
import type { RunRecord } from './run-record.ts';

export function onlyAsr(record: RunRecord, asr: AsrId): RunRecord {
  const ofAsr = new Set<CaseId>(CASES.filter((one) => one.asr === asr).map(({ id }) => id));
  const { judgement, config } = record;
  return {
    ...record,
    config: { ...config, cases: config.cases.filter((id) => ofAsr.has(id)) },
    cases: record.cases.filter(({ caseId }) => ofAsr.has(caseId)),
    notRun: record.notRun.filter(({ caseId }) => ofAsr.has(caseId)),
    judgement: {
      ...judgement,
      cases: judgement.cases.filter(({ caseId }) => ofAsr.has(caseId)),
      asrs: judgement.asrs.filter((one) => one.asr === asr),
    },
  };
}
