/** What a report says of a shard that was lost on purpose: verdict, counts, how long it took. */
import type { DurabilityResult } from '../verdict/durability.ts';
import type { CaseResult } from '../verdict/verdict.ts';
import { count } from './quantities.ts';
import type { RunRecord } from './run-record.ts';

export const LOSS_HEAD = [
  'case',
  'acknowledged',
  'without an answer',
  'in the log',
  'lost',
  'orders accepted again',
  'ready again',
] as const;

export interface Loss {
  name: string;
  result: DurabilityResult;
  /** How it was brought about. */
  means: string;
  row: string[];
}

export function lossesOf({ judgement, cases }: RunRecord): Loss[] {
  return judgement.cases.flatMap((one) => {
    const evidence = cases.find(({ caseId, repetition }) => caseId === one.caseId && repetition === one.repetition);
    const losses = (evidence?.phases ?? []).flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
    return one.durability === undefined
      ? []
      : [lossOf(one, one.durability, losses.map(({ means }) => means).join('; '))];
  });
}

function lossOf({ caseId, repetition }: CaseResult, result: DurabilityResult, means: string): Loss {
  const name = repetition > 1 ? `${caseId} #${repetition}` : caseId;
  const { acknowledged, open, logged, lostMin, lostMax, acceptedAgainMs, readyMs } = result;
  const lost = lostMin === lostMax ? count(lostMin) : `${count(lostMin)} to ${count(lostMax)}`;
  const after = (ms: number | null, how: string): string =>
    ms === null ? 'not seen' : `${how}${(ms / 1_000).toFixed(1)} s`;
  const row = [
    name,
    count(acknowledged),
    count(open),
    logged === null ? 'not known' : count(logged),
    logged === null ? 'not known' : lost,
    after(acceptedAgainMs, 'within '),
    after(readyMs, 'after '),
  ];
  return { name, result, means, row };
}
