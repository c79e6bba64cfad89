import { describe, expect, test } from 'vitest';
import type { CaseEvidence, ShardEvidence } from '../../src/experiment/evidence.ts';
import { budget } from '../../src/verdict/criteria/budget.ts';
import { errors } from '../../src/verdict/criteria/errors.ts';
import { gcPause } from '../../src/verdict/criteria/gc-pause.ts';
import { isolation } from '../../src/verdict/criteria/isolation.ts';
import { depthP99, httpP99, matchP99, shardP99 } from '../../src/verdict/criteria/latency.ts';
import { memory } from '../../src/verdict/criteria/memory.ts';
import { continuity } from '../../src/verdict/criteria/not-run.ts';
import { scaling, throughput } from '../../src/verdict/criteria/throughput.ts';
import type { Finding } from '../../src/verdict/finding.ts';
import type { Verdict } from '../../src/verdict/verdict.ts';
import { buckets, evidenceOf, exactly, series, withLoad, withPhase, withShard } from './evidence-builder.ts';

const a2 = evidenceOf('a2');
const b2 = evidenceOf('b2');
const seconds = (lower: number, upper: number | null) => buckets([0.0001, 0.0002, 90], [lower, upper, 10]);

const window = (index: number, histogram: ShardEvidence['matchDuration']) =>
  withShard(a2, ({ matchDurationWindows }) => ({
    matchDurationWindows: matchDurationWindows.map((one, at) => (at === index ? { ...one, histogram } : one)),
  }));
const stage = (name: string, lower: number, upper: number) =>
  withShard(a2, ({ stages }) => ({ stages: { ...stages, [name]: buckets([lower, upper, 100]) } }));
const pauses = (histogram: ShardEvidence['gcPauses'], gcPauseMaxSeconds: number | null = null) =>
  withShard(a2, { gcPauses: histogram, gcPauseMaxSeconds });

/** B2 with these matches in each second, shared by the shards. */
const secondly = (perSecond: (second: number) => number): CaseEvidence => {
  const totals = [0];
  for (let second = 0; second < 300; second++) totals.push((totals.at(-1) ?? 0) + perSecond(second) / 3);
  return withPhase(b2, ({ shards }) => ({
    shards: shards.map((one) => ({ ...one, matches: totals.map((total, at) => [at * 1_000, total] as const) })),
  }));
};
const enough = 4_750 / 60 + 0.0001;

/** B5 whose latencies after the half are longer by this, over values from 1 ms (or `baseMs`) in steps of 1 µs. */
const rising = (byMs: number, baseMs = 1, timeScale = 1, spreadUs = 100): CaseEvidence => {
  const evidence = evidenceOf('b5', { timeScale });
  return withPhase(evidence, ({ load, plannedMs }) => ({
    load: {
      ...load,
      rawLatencies: load.rawLatencies.map((raw) => ({
        ...raw,
        latencyUs: raw.offsetMs.map(
          (at, index) => baseMs * 1_000 + ((index * 7_919) % spreadUs) + (at < plannedMs / 2 ? 0 : byMs * 1_000),
        ),
      })),
    },
  }));
};
const heap = (bytesPerOrder: number) =>
  withPhase(b2, ({ shards }) => ({
    shards: shards.map((one) => ({ ...one, heapBytes: series(300_000, (at) => 2e7 + bytesPerOrder * 17 * at) })),
  }));

describe('each criterion, on both sides of its limit and on it', () => {
  const table: [string, (evidence: CaseEvidence) => Finding, CaseEvidence, Verdict][] = [
    ['match p99: fine', matchP99, a2, 'PASS'],
    ['match p99: bucket ends at the limit', matchP99, withShard(a2, { matchDuration: seconds(0.19, 0.2) }), 'PASS'],
    ['match p99: bucket begins at the limit', matchP99, withShard(a2, { matchDuration: seconds(0.2, 0.21) }), 'FAIL'],
    ['match p99: exactly 200 ms', matchP99, withShard(a2, { matchDuration: exactly(0.2) }), 'FAIL'],
    ['match p99: bucket around', matchP99, withShard(a2, { matchDuration: seconds(0.19, 0.21) }), 'INCONCLUSIVE'],
    ['match p99: above all bounds', matchP99, withShard(a2, { matchDuration: seconds(10, null) }), 'FAIL'],
    ['match p99: no data', matchP99, withShard(a2, { matchDuration: buckets() }), 'INVALID'],
    ['match p99: one slow window', matchP99, window(4, seconds(0.3, 0.31)), 'FAIL'],
    ['match p99: one empty window', matchP99, window(4, buckets()), 'INVALID'],
    ['match p99: no windows', matchP99, withShard(a2, { matchDurationWindows: [] }), 'INVALID'],
    [
      'match p99: a window left out',
      matchP99,
      withShard(a2, ({ matchDurationWindows: all }) => ({ matchDurationWindows: all.filter((_, at) => at !== 4) })),
      'INVALID',
    ],
    ['request p99: fine', httpP99, a2, 'PASS'],
    ['request p99: exactly 200 ms', httpP99, withLoad(a2, { latencyFromDueUs: exactly(200_000, 100) }), 'FAIL'],
    ['request p99: just below', httpP99, withLoad(a2, { latencyFromDueUs: exactly(199_999, 100) }), 'PASS'],
    ['request p99: unanswered are slow', httpP99, withLoad(a2, { sent: 102 }), 'INCONCLUSIVE'],
    ['request p99: no data', httpP99, withLoad(a2, { latencyFromDueUs: buckets() }), 'INVALID'],
    ['errors: none', errors, a2, 'PASS'],
    ['errors: exactly 1 %', errors, withLoad(a2, { sent: 100, accepted: 99, refused: 1 }), 'FAIL'],
    ['errors: below', errors, withLoad(a2, { sent: 1_000, accepted: 991, refused: 5, unknown: 4 }), 'PASS'],
    ['errors: unaccounted', errors, withLoad(a2, { sent: 1_000, accepted: 100 }), 'FAIL'],
    ['errors: nothing sent', errors, withLoad(a2, { sent: 0, accepted: 0 }), 'INVALID'],
    ['pause: up to 5 ms', gcPause, pauses(buckets([0.002, 0.005, 3])), 'PASS'],
    ['pause: exactly 5 ms', gcPause, pauses(buckets([0.002, 0.005, 3]), 0.005), 'WARN'],
    ['pause: 5 to 10 ms', gcPause, pauses(buckets([0.005, 0.01, 1])), 'WARN'],
    ['pause: exactly 10 ms', gcPause, pauses(buckets([0.005, 0.01, 1]), 0.01), 'FAIL'],
    ['pause: above 10 ms', gcPause, pauses(buckets([0.01, 0.02, 1])), 'FAIL'],
    ['pause: an older maximum does not count', gcPause, pauses(buckets([0.001, 0.002, 1]), 0.03), 'PASS'],
    ['pause: a bucket around', gcPause, pauses(buckets([0.002, 0.02, 1])), 'INCONCLUSIVE'],
    ['pause: none', gcPause, pauses(buckets()), 'PASS'],
    [
      'pause: none, never scraped',
      gcPause,
      withShard(a2, ({ scrapes }) => ({ gcPauses: buckets(), scrapes: { ...scrapes, count: 0 } })),
      'INVALID',
    ],
    ['pause: counts lost', gcPause, pauses({ buckets: [], count: 3, sum: 1 }), 'INVALID'],
    ['depth: fine', depthP99, evidenceOf('a3'), 'PASS'],
    ['depth: one slow', depthP99, withShard(evidenceOf('a3'), { matchDuration: seconds(0.2, 0.3) }), 'FAIL'],
    ['shard p99: fine', shardP99, b2, 'PASS'],
    ['shard p99: one slow', shardP99, withShard(b2, { matchDuration: seconds(0.2, 0.3) }), 'FAIL'],
    ['shard p99: one without data', shardP99, withShard(b2, { matchDuration: buckets() }), 'INVALID'],
    ['budget: fine', budget, a2, 'PASS'],
    ['budget: whole at 50 ms', budget, withShard(a2, { matchDuration: seconds(0.049, 0.05) }), 'PASS'],
    ['budget: whole above', budget, withShard(a2, { matchDuration: seconds(0.05, 0.051) }), 'FAIL'],
    ['budget: whole around', budget, withShard(a2, { matchDuration: seconds(0.049, 0.051) }), 'INCONCLUSIVE'],
    ['budget: insertion at 2 ×', budget, stage('insertion', 0.00009, 0.0001), 'PASS'],
    ['budget: insertion above 2 ×', budget, stage('insertion', 0.0001, 0.00011), 'WARN'],
    ['budget: insertion at exactly 3 ×', budget, stage('insertion', 0.00015, 0.00015), 'WARN'],
    ['budget: insertion above 3 ×', budget, stage('insertion', 0.00015, 0.00016), 'FAIL'],
    ['budget: insertion around 3 ×', budget, stage('insertion', 0.00014, 0.00016), 'INCONCLUSIVE'],
    ['budget: log above 3 ×', budget, stage('log', 0.07, 0.08), 'FAIL'],
    ['budget: a part without data', budget, withShard(a2, { stages: {} }), 'INVALID'],
    ['throughput: fine', throughput, b2, 'PASS'],
    ['throughput: on the limit', throughput, secondly(() => enough), 'PASS'],
    ['throughput: below', throughput, secondly(() => 79), 'FAIL'],
    ['throughput: 4 good minutes, then a dip of 24 s', throughput, secondly((at) => (at < 276 ? enough : 0)), 'PASS'],
    ['throughput: 4 good minutes, then a dip of 36 s', throughput, secondly((at) => (at < 264 ? enough : 0)), 'FAIL'],
    ['throughput: 3 + 1 minutes', throughput, secondly((at) => (at >= 180 && at < 240 ? 79 : enough)), 'FAIL'],
    ['throughput: too short', throughput, withPhase(b2, () => ({ plannedMs: 200_000 })), 'INVALID'],
    ['throughput: no data', throughput, withShard(b2, { matches: [] }), 'INVALID'],
    ['throughput: shortened', throughput, evidenceOf('b2', { timeScale: 0.1 }), 'PASS'],
    ['throughput: shortened, low', throughput, evidenceOf('b2', { timeScale: 0.1, matchesPerMinute: 4_700 }), 'FAIL'],
    [
      'throughput: shortened, unsteady',
      throughput,
      withShard(evidenceOf('b2', { timeScale: 0.1, matchesPerMinute: 4_700 }), {
        matches: series(30_000, (at) => 27 * at + 60 * Math.sin(at)),
      }),
      'INCONCLUSIVE',
    ],
    ['memory: 500 B an order', memory, b2, 'PASS'],
    ['memory: 4,096 B', memory, heap(4_096), 'PASS'],
    ['memory: 4,110 B', memory, heap(4_110), 'FAIL'],
    ['memory: shrinking', memory, heap(-50), 'PASS'],
    [
      'memory: wild',
      memory,
      withShard(b2, { heapBytes: series(300_000, (at) => 2e7 + 4_000 * 17 * at + 4e6 * Math.sin(at / 30)) }),
      'INCONCLUSIVE',
    ],
    ['memory: too short', memory, evidenceOf('b2', { timeScale: 0.1 }), 'INCONCLUSIVE'],
    ['memory: no heap', memory, withShard(b2, { heapBytes: [] }), 'INVALID'],
    ['memory: no orders', memory, withShard(b2, { orders: [] }), 'INVALID'],
    ['continuity', continuity, evidenceOf('b3'), 'NOT RUN'],
  ];
  test.each(table)('%s', (_, judge, evidence, verdict) => expect(judge(evidence).verdict).toBe(verdict));
});

test('the worst window is named', () => {
  expect(matchP99(window(4, seconds(0.3, 0.31))).because).toBe(
    'p99 309 ms (window 2:30 to 3:00) is not below 200 ms, the worst of 10',
  );
});

test('continuity shows what was found', () => expect(continuity(evidenceOf('b3')).found).toContain('p99 0.'));

describe('isolation', () => {
  const table: [string, CaseEvidence[], Verdict][] = [
    ['unchanged', [rising(0)], 'PASS'],
    ['up by less than the practical margin', [rising(0.9)], 'PASS'],
    ['up by 2 ms of 1', [rising(2)], 'FAIL'],
    ['up by 4 % of 100 ms', [rising(4, 100)], 'PASS'],
    ['up by 6 % of 100 ms', [rising(6, 100)], 'FAIL'],
    ['up by the margin itself', [rising(1)], 'INCONCLUSIVE'],
    ['up by just less, within the noise', [rising(0.99, 1, 1, 4_001)], 'INCONCLUSIVE'],
    ['too few latencies for a p99', [rising(0, 1, 0.05)], 'INCONCLUSIVE'],
    ['repetitions are pooled', [rising(0, 1, 0.05), rising(0, 1, 0.05), rising(0, 1, 0.05)], 'PASS'],
    ['no latencies kept', [withLoad(rising(0), { rawLatencies: [] })], 'INVALID'],
    [
      'some latencies lost',
      [withLoad(rising(0), { rawLatencies: [{ flow: 'steady', offsetMs: [1, 2], latencyUs: [1, 2] }] })],
      'INVALID',
    ],
    ['no repetition', [], 'INVALID'],
  ];
  test.each(table)('%s', (_, evidence, verdict) => expect(isolation(evidence).verdict).toBe(verdict));

  test('tells how many repetitions would settle it', () => {
    expect(isolation([rising(0, 1, 0.05)]).because).toMatch(/a p99 with its interval needs 300, about 3 repetitions/);
    expect(isolation([rising(0.9999)]).because).toMatch(/repetitions would settle it/);
  });
});

describe('scaling', () => {
  const b1 = (matchesPerMinute: number) => evidenceOf('b1', { matchesPerMinute });
  const unsteady = withShard(evidenceOf('b1'), {
    matches: series(180_000, (at) => 34.4 * at + 90 * Math.sin(at / 3)),
  });
  const table: [string, CaseEvidence[], Verdict][] = [
    ['plenty', [b1(1_140), b2], 'PASS'],
    ['just enough', [b1(5_600 / 2.7 - 0.01), b2], 'PASS'],
    ['just too little', [b1(5_600 / 2.7 + 0.01), b2], 'FAIL'],
    ['open', [unsteady, b2], 'INCONCLUSIVE'],
    ['nothing to compare with', [b1(0), b2], 'INVALID'],
    ['one side missing', [b2], 'INVALID'],
    ['no data', [withShard(b1(1_140), { matches: [] }), b2], 'INVALID'],
  ];
  test.each(table)('%s', (_, evidence, verdict) => expect(scaling(evidence).verdict).toBe(verdict));
});
