/** A wrong PASS is the worst bug: whatever part of the evidence is taken away, nothing passes that did not before. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CaseId } from '../../src/experiment/cases.ts';
import type { CaseEvidence } from '../../src/experiment/evidence.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { Judgement } from '../../src/verdict/verdict.ts';
import { evidenceOf, exactly, withLoad, withPhase, withShard } from './evidence-builder.ts';

const IDS: CaseId[] = ['a2', 'a3', 'a4', 'b1', 'b2', 'b4', 'b5'];
const NOTHING = { buckets: [], count: 0, sum: 0 };

const spoil: Record<string, (evidence: CaseEvidence) => CaseEvidence> = {
  nothing: (evidence) => evidence,
  'slow match': (evidence) => withShard(evidence, { matchDuration: exactly(0.5) }),
  'slow windows': (evidence) =>
    withShard(evidence, ({ matchDurationWindows: all }) => ({
      matchDurationWindows: all.map((one) => ({ ...one, histogram: exactly(0.5) })),
    })),
  'long pause': (evidence) => withShard(evidence, { gcPauses: exactly(0.05, 1) }),
  refused: (evidence) => withLoad(evidence, { refused: 60, sent: 360, scheduled: 360 }),
  'slow requests': (evidence) => withLoad(evidence, { latencyFromDueUs: exactly(500_000, 300) }),
  'no matches': (evidence) =>
    withShard(evidence, ({ matches }) => ({ matches: matches.map(([at]) => [at, 0] as const) })),
  'busy machine': (evidence) =>
    withPhase(evidence, () => ({ machine: { cores: 1, stealShare: 0.5, foreignShare: 0, processes: {} } })),
};

const removal: Record<string, (evidence: CaseEvidence) => CaseEvidence> = {
  phases: (evidence) => ({ ...evidence, phases: [] }),
  'last phase': (evidence) => ({ ...evidence, phases: evidence.phases.slice(0, -1) }),
  'first phase': (evidence) => ({ ...evidence, phases: evidence.phases.slice(1) }),
  shards: (evidence) => withPhase(evidence, () => ({ shards: [] })),
  'first shard': (evidence) => withPhase(evidence, ({ shards }) => ({ shards: shards.slice(1) })),
  'match duration': (evidence) => withShard(evidence, { matchDuration: NOTHING }),
  windows: (evidence) => withShard(evidence, { matchDurationWindows: [] }),
  'one window': (evidence) =>
    withShard(evidence, ({ matchDurationWindows: all }) => ({ matchDurationWindows: all.slice(1) })),
  'windows emptied': (evidence) =>
    withShard(evidence, ({ matchDurationWindows: all }) => ({
      matchDurationWindows: all.map((one) => ({ ...one, histogram: NOTHING })),
    })),
  stages: (evidence) => withShard(evidence, { stages: {} }),
  scrapes: (evidence) => withShard(evidence, ({ scrapes }) => ({ scrapes: { ...scrapes, count: 0 } })),
  'pauses and scrapes': (evidence) =>
    withShard(evidence, ({ scrapes }) => ({ gcPauses: NOTHING, scrapes: { ...scrapes, count: 0 } })),
  'buckets of pauses': (evidence) =>
    withShard(evidence, ({ gcPauses }) => ({ gcPauses: { ...gcPauses, buckets: [] } })),
  matches: (evidence) => withShard(evidence, { matches: [] }),
  orders: (evidence) => withShard(evidence, { orders: [] }),
  depth: (evidence) => withShard(evidence, { askDepth: [] }),
  levels: (evidence) => withShard(evidence, { askLevels: [] }),
  seeded: (evidence) => withShard(evidence, { askDepthSeeded: 0, askLevelsSeeded: 0 }),
  heap: (evidence) => withShard(evidence, { heapBytes: [] }),
  log: (evidence) => withShard(evidence, { logged: null }),
  latencies: (evidence) => withLoad(evidence, { latencyFromDueUs: NOTHING }),
  lag: (evidence) => withLoad(evidence, { lagUs: NOTHING }),
  raw: (evidence) => withLoad(evidence, { rawLatencies: [] }),
  sent: (evidence) => withLoad(evidence, { scheduled: 0, sent: 0, accepted: 0, refused: 0, unknown: 0 }),
  events: (evidence) => withShard(evidence, { published: null }),
  stretches: (evidence) => withShard(evidence, { stretches: [] }),
  fault: (evidence) => ({ ...evidence, phases: evidence.phases.map(({ fault: _, ...phase }) => phase) }),
  machine: (evidence) => withPhase(evidence, () => ({ machine: null })),
};

function verdicts({ cases, asrs }: Judgement): Map<string, string> {
  const all = new Map<string, string>();
  for (const { asr, verdict, criteria } of asrs) {
    all.set(asr, verdict);
    for (const { id, verdict: one } of criteria) all.set(`${asr} ${id}`, one);
  }
  for (const { caseId, criteria } of cases) {
    for (const { id, verdict } of criteria) all.set(`${caseId} ${id}`, verdict);
  }
  return all;
}

const WHOLE = new Map(IDS.map((id) => [id, evidenceOf(id)]));

const good = (verdict: string | undefined): boolean => verdict === 'PASS' || verdict === 'CONDITIONAL PASS';

test('removing evidence never makes anything pass that did not', () => {
  const names = <T extends object>(table: T) => fc.constantFrom(...Object.keys(table));
  fc.assert(
    fc.property(fc.constantFrom(...IDS), names(spoil), names(removal), (id, spoilt, removed) => {
      const whole = WHOLE.get(id) ?? evidenceOf(id);
      const evidence = spoil[spoilt]?.(whole) ?? whole;
      if (evidence.phases.length === 0) return;
      const others = [...WHOLE.values()].filter(({ caseId }) => caseId !== id);
      const judged = (one: CaseEvidence) =>
        verdicts(judge({ cases: [one, ...others], notRun: [], timeScale: 1, asked: ['b3', ...IDS] }));
      const before = judged(evidence);
      for (const [name, verdict] of judged(removal[removed]?.(evidence) ?? evidence)) {
        if (good(verdict)) expect([name, before.get(name)]).toEqual([name, expect.stringMatching(/PASS$/)]);
      }
    }),
    { numRuns: 100 },
  );
}, 60_000);

test('a run without any evidence passes nothing', () => {
  const judgement = judge({ cases: [], notRun: [], timeScale: 1, asked: ['b3', ...IDS] });
  expect([...verdicts(judgement).values()].filter(good)).toEqual([]);
});
