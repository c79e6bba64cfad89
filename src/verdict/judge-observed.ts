/**
 * What metrics alone can say of a stretch of time: the criteria that rest on the servers' own figures, and the rules
 * that these can break. Pure.
 *
 * Never a verdict of the ASR: whether all orders were sent and answered, by a generator that was on time, on a machine
 * that did nothing else, nobody has told. So a FAIL here is a finding to look into, and a PASS is no proof.
 */
import type { AsrId, CaseId, Shard } from '../experiment/cases.ts';
import { CRITERIA, type Criterion, type CriterionId } from '../experiment/criteria.ts';
import type { CaseEvidence, LoadEvidence, ShardEvidence } from '../experiment/evidence.ts';
import { COMPARISONS } from './criteria/comparisons.ts';
import type { Finding } from './finding.ts';
import { caseOf } from './planned.ts';
import { bookShape } from './validity/book-shape.ts';
import { missesOf } from './validity/measurements.ts';
import { stimulus } from './validity/stimulus.ts';
import type { CriterionResult, ValidityCheck } from './verdict.ts';

export interface ObservedCase {
  caseId: CaseId;
  /** Length of the stretch over that of the case; may be above 1. */
  timeScale: number;
  phase: string;
  window: { fromMs: number; toMs: number };
  plannedMs: number;
  /** Those that the case loads, as far as they could be measured. */
  shards: ShardEvidence[];
  /** What could not be measured, in words. */
  problems: string[];
}

export interface ObservedJudgement {
  asr: AsrId;
  caseId: CaseId;
  indicative: boolean;
  checks: ValidityCheck[];
  criteria: CriterionResult[];
  because: string;
}

/** Criteria that need nothing but what one case's servers said of themselves. */
const OF_SERVERS: readonly CriterionId[] = ['match-p99', 'gc-pause', 'budget', 'throughput', 'shard-p99', 'memory'];
/** A stretch this much shorter than the case is the case. */
const WHOLE_SHARE_MIN = 0.99;

export function judgeObserved(observed: ObservedCase, expectedShards: readonly Shard[]): ObservedJudgement {
  const { caseId } = observed;
  const { asr } = caseOf(caseId);
  const indicative = observed.timeScale < WHOLE_SHARE_MIN;
  const evidence = evidenceOf(observed, indicative);
  const checks = [
    { rule: 'stimulus' as const, ...stimulus(evidence) },
    { rule: 'book shape' as const, ...bookShape(evidence) },
    { rule: 'measurements' as const, ...measured(observed, evidence, expectedShards) },
  ];
  const miss = checks.find(({ ok }) => !ok);
  const invalid = miss && `${miss.rule}: ${miss.found} (wanted ${miss.expected})`;
  const criteria = CRITERIA.filter((one) => one.asr === asr).map((one) => resultOf(one, evidence, invalid));
  const judged = criteria.filter(({ verdict }) => verdict !== 'NOT RUN');
  const met = judged.filter(({ verdict }) => verdict === 'PASS' || verdict === 'WARN').length;
  const because =
    `metrics alone: ${met} of the ${judged.length} criteria that they can answer are met; what the client saw, and ` +
    'whether every order was sent in time, is not known to them';
  return { asr, caseId, indicative, checks, criteria, because };
}

function resultOf(criterion: Criterion, evidence: CaseEvidence, invalid: string | undefined): CriterionResult {
  const { id, asr, weight, title, limit, cases } = criterion;
  const about = { id, asr, weight, title, limit, cases };
  return { ...about, ...findingOf(criterion, evidence, invalid) };
}

function findingOf({ id, cases }: Criterion, evidence: CaseEvidence, invalid: string | undefined): Finding {
  const comparison = COMPARISONS[id];
  if (!OF_SERVERS.includes(id) || !('each' in comparison)) {
    return { verdict: 'NOT RUN', found: '–', because: 'metrics of the servers alone do not tell' };
  }
  if (!cases.includes(evidence.caseId)) {
    const name = evidence.caseId.toUpperCase();
    return { verdict: 'NOT RUN', found: '–', because: `the stretch was taken for ${name}, which does not ask this` };
  }
  if (invalid !== undefined)
    return { verdict: 'INVALID', found: '–', because: `the stretch does not count: ${invalid}` };
  return comparison.each(evidence);
}

function measured(
  { problems, plannedMs, shards }: ObservedCase,
  { phases: [phase] }: CaseEvidence,
  expectedShards: readonly Shard[],
): { ok: boolean; found: string; expected: string } {
  const expected = `every shard (${expectedShards.join(', ')}) measured without a gap or a restart`;
  const misses = phase === undefined ? [] : expectedShards.flatMap((shard) => missesOf(phase, shard));
  const found = problems[0] ?? misses[0];
  if (found !== undefined) return { ok: false, found, expected };
  const scrapes = shards.reduce((sum, { scrapes: { count } }) => sum + count, 0);
  return { ok: scrapes > 0, found: `${scrapes} scrapes in ${Math.round(plannedMs / 1_000)} s`, expected };
}

function evidenceOf(observed: ObservedCase, indicative: boolean): CaseEvidence {
  const { caseId, timeScale, phase, window, plannedMs, shards } = observed;
  const { fromMs, toMs } = window;
  const told = { phase, startedAtMs: fromMs, endedAtMs: toMs, plannedMs, load: UNKNOWN_LOAD, shards, machine: null };
  return { caseId, repetition: 1, timeScale: indicative ? timeScale : Math.max(1, timeScale), phases: [told] };
}

const NOTHING = { buckets: [], count: 0, sum: 0 };
/** Read by no criterion of the servers. */
const UNKNOWN_LOAD: LoadEvidence = {
  scheduled: 0,
  sent: 0,
  dropped: 0,
  late: 0,
  lateMs: 0,
  accepted: 0,
  refused: 0,
  unknown: 0,
  answers: {},
  latencyFromDueUs: NOTHING,
  latencyFromSendUs: NOTHING,
  lagUs: NOTHING,
  seconds: [],
  rawLatencies: [],
  replenished: { orders: 0, reads: 0, failures: 0, blockedLevels: 0 },
};
