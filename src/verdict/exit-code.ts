/**
 * Judgement → how the command ends, in the numbers of the command line's contract (`EXIT`): 0 every criterion that was
 * asked for is met, 3 one failed, 4 there is no verdict. A clear failure weighs more than something missing.
 */
import { CASES, type CaseId } from '../experiment/cases.ts';
import { casesNeeded } from './judge-asr.ts';
import type { Judgement } from './verdict.ts';

/** An ASR counts when all its cases were asked for; of an ASR asked for in part, the single cases count. */
export function exitCodeOf(judgement: Judgement, asked: readonly CaseId[]): 0 | 3 | 4 {
  const outcomes = [...new Set(CASES.filter(({ id }) => asked.includes(id)).map(({ asr }) => asr))].flatMap((asr) => {
    const single = casesNeeded(asr).some((id) => !asked.includes(id));
    return single
      ? ofCases(
          judgement,
          asked.filter((id) => CASES.some((one) => one.id === id && one.asr === asr)),
        )
      : ofAsr(judgement, asr);
  });
  if (outcomes.includes('failed')) return 3;
  return outcomes.length > 0 && outcomes.every((outcome) => outcome === 'met') ? 0 : 4;
}

type Outcome = 'met' | 'failed' | 'open';

function ofAsr({ asrs }: Judgement, asr: string): Outcome[] {
  const result = asrs.find((one) => one.asr === asr);
  if (result === undefined) return ['open'];
  const failed = result.criteria.some(({ verdict }) => verdict === 'FAIL');
  if (failed || result.verdict === 'FAIL' || result.verdict === 'CONDITIONAL PASS') return ['failed'];
  return [result.verdict === 'PASS' ? 'met' : 'open'];
}

function ofCases({ cases }: Judgement, asked: readonly CaseId[]): Outcome[] {
  return asked.flatMap((id) => {
    const results = cases.filter(({ caseId }) => caseId === id);
    if (results.length === 0) return ['open' as const];
    return results.map(({ verdict }) => {
      if (verdict === 'FAIL') return 'failed' as const;
      return verdict === 'PASS' || verdict === 'WARN' ? ('met' as const) : ('open' as const);
    });
  });
}
