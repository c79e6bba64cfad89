/** What must hold, as data. The judge knows how to compare; each number stands here once. */
import type { AsrId, CaseId } from './cases.ts';

export type CriterionId =
  | 'match-p99'
  | 'http-p99'
  | 'errors'
  | 'gc-pause'
  | 'depth-p99'
  | 'decoupling'
  | 'budget'
  | 'throughput'
  | 'shard-p99'
  | 'scaling'
  | 'isolation'
  | 'continuity'
  | 'memory';

/** `primary` decides the ASR, `hard` must pass too, `secondary` makes a pass conditional. */
export type Weight = 'primary' | 'hard' | 'secondary';

export interface Criterion {
  id: CriterionId;
  asr: AsrId;
  weight: Weight;
  title: string;
  cases: readonly CaseId[];
  /** The limit in words, for reports. */
  limit: string;
}

/** The service level: a match at p99, and a request at p99, below this. */
export const P99_MS_MAX = 200;
export const ERROR_SHARE_MAX = 0.01;
/** Windows of this length, after this much of the start, are judged each on its own. */
export const WINDOW_MS = 30_000;
export const SETTLE_MS = 30_000;
/** A shortened run has less to settle in: this share of the phase, where it is less than `SETTLE_MS`. */
export const SETTLE_SHARE = 0.1;

export const GC_PAUSE_MS = { pass: 5, fail: 10 } as const;

/** Latency budget of one match at p99, whole and by part; passed within `passFactor`, failed beyond `failFactor`. */
export const BUDGET_MS = {
  total: 50,
  stages: { validation: 2, insertion: 0.05, matching: 5, log: 20, publish: 0.5 },
  passFactor: 2,
  failFactor: 3,
} as const;

export const THROUGHPUT = { matchesPerMinuteMin: 4_750, minutes: 4, belowMsMax: 30_000 } as const;
export const SCALING = { efficiencyMin: 0.9, shards: 3 } as const;

/** Comparisons of two p99s: allowed rise, and the difference too small to matter. */
export const COMPARISON = { decouplingRiseMax: 0.1, isolationRiseMax: 0.05, practicalMs: 1, confidence: 0.95 } as const;

/** How often each case is measured. */
export type Repeat = number | 'as needed';

/**
 * As needed: a case that compares two p99s is measured again until, if nothing differs, the comparison would say so with
 * this power; so often at most. How much there is to measure is told by the noise of what came before alone. Were it told
 * by the comparison, chance would choose when to stop.
 */
export const AS_NEEDED = { power: 0.8, repetitionsMax: 7 } as const;

/**
 * Heap growth that the orders themselves do not explain: bytes for each order taken. An order leaves some 0.65 KiB (it
 * rests, or the asks that replace those it took do, and all their ids are remembered), and up to 2 KiB of what outlived
 * the young generation wait for the next full collection, which may be minutes away. Beyond 4 KiB something is kept.
 */
export const HEAP_BYTES_PER_ORDER_MAX = 4_096;

const p99Limit = `< ${P99_MS_MAX} ms`;

export const CRITERIA: readonly Criterion[] = [
  { id: 'match-p99', asr: 'asr1', weight: 'primary', title: 'match p99', cases: ['a2'], limit: p99Limit },
  { id: 'http-p99', asr: 'asr1', weight: 'hard', title: 'request p99', cases: ['a2'], limit: p99Limit },
  {
    id: 'errors',
    asr: 'asr1',
    weight: 'hard',
    title: 'error rate',
    cases: ['a2'],
    limit: `< ${ERROR_SHARE_MAX * 100} %`,
  },
  {
    id: 'gc-pause',
    asr: 'asr1',
    weight: 'hard',
    title: 'longest garbage-collection pause',
    cases: ['a2'],
    limit: `< ${GC_PAUSE_MS.pass} ms (fails at ${GC_PAUSE_MS.fail} ms)`,
  },
  { id: 'depth-p99', asr: 'asr1', weight: 'hard', title: 'match p99 at each depth', cases: ['a3'], limit: p99Limit },
  {
    id: 'decoupling',
    asr: 'asr1',
    weight: 'hard',
    title: 'match p99 while the broker is paused',
    cases: ['a4'],
    limit: `${p99Limit}, at most ${COMPARISON.decouplingRiseMax * 100} % up`,
  },
  {
    id: 'budget',
    asr: 'asr1',
    weight: 'secondary',
    title: 'latency budget, by part',
    cases: ['a2'],
    limit: `p99 ${BUDGET_MS.total} ms, parts within ${BUDGET_MS.passFactor} ×`,
  },
  {
    id: 'throughput',
    asr: 'asr2',
    weight: 'primary',
    title: 'aggregate matches',
    cases: ['b2'],
    limit: `≥ ${THROUGHPUT.matchesPerMinuteMin}/min for ${THROUGHPUT.minutes} min`,
  },
  { id: 'shard-p99', asr: 'asr2', weight: 'hard', title: 'match p99 a shard', cases: ['b2', 'b4'], limit: p99Limit },
  {
    id: 'scaling',
    asr: 'asr2',
    weight: 'primary',
    title: 'throughput of three shards against one',
    cases: ['b1', 'b2'],
    limit: `≥ ${SCALING.efficiencyMin} × ${SCALING.shards} ×`,
  },
  {
    id: 'isolation',
    asr: 'asr2',
    weight: 'secondary',
    title: "p99 of shard a as b's load rises",
    cases: ['b5'],
    limit: `within ${COMPARISON.isolationRiseMax * 100} %`,
  },
  {
    id: 'continuity',
    asr: 'asr2',
    weight: 'hard',
    title: 'p99 around each shard addition',
    cases: ['b3'],
    limit: `${p99Limit}, no order lost`,
  },
  {
    id: 'memory',
    asr: 'asr2',
    weight: 'hard',
    title: 'heap trend',
    cases: ['b2', 'b6'],
    limit: 'no steady growth',
  },
];
