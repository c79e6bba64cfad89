import { describe, expect, test } from 'vitest';
import type { CaseEvidence, PhaseEvidence, StretchEvidence } from '../../src/experiment/evidence.ts';
import type { ValidityRule } from '../../src/experiment/validity.ts';
import { checkValidity, machineWasNotOurs, whyInvalid } from '../../src/verdict/validity.ts';
import { buckets, evidenceOf, exactly, series, withLoad, withPhase, withShard } from './evidence-builder.ts';

const check = (rule: ValidityRule, evidence: CaseEvidence) => {
  const found = checkValidity(evidence).find((one) => one.rule === rule);
  if (found === undefined) throw new Error(`no rule ${rule}`);
  return found;
};
const a2 = evidenceOf('a2');
const askDepth = (value: number) => withShard(a2, { askDepth: series(300_000, (at) => (at > 100 ? value : 2_000)) });
const machine = (stealShare: number, foreignShare: number | null) =>
  withPhase(a2, () => ({ machine: { cores: 4, stealShare, foreignShare, processes: {} } }));
const scrapes = (change: object) => withShard(a2, ({ scrapes: all }) => ({ scrapes: { ...all, ...change } }));

test.each(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6'] as const)('a good %s is valid', (id) => {
  const evidence = evidenceOf(id);
  expect(whyInvalid(evidence, checkValidity(evidence))).toBeUndefined();
});

test('a good shortened run is valid', () => {
  const evidence = evidenceOf('a2', { timeScale: 0.05 });
  expect(whyInvalid(evidence, checkValidity(evidence))).toBeUndefined();
});

const a4 = evidenceOf('a4');
const events = { orders: 100, matches: 5_700, repeated: 0, problems: [] };
const fault = (change: Partial<NonNullable<PhaseEvidence['fault']>>) =>
  withPhase(a4, ({ fault: before }) => (before === undefined ? {} : { fault: { ...before, ...change } }));
const during = (change: Partial<StretchEvidence>) =>
  withShard(a4, ({ stretches = [] }) => ({
    stretches: stretches.map((one) => (one.name === 'during' ? { ...one, ...change } : one)),
  }));

describe('each rule, on both sides of its limit and on it', () => {
  const table: [ValidityRule, string, CaseEvidence, boolean][] = [
    ['offered load', '99 % sent', withLoad(a2, { scheduled: 100, sent: 99 }), true],
    ['offered load', 'less', withLoad(a2, { scheduled: 1_000, sent: 989 }), false],
    ['offered load', 'nothing scheduled', withLoad(a2, { scheduled: 0, sent: 0 }), false],
    ['stimulus', '950 a minute', evidenceOf('a2', { matchesPerMinute: 950.001 }), true],
    ['stimulus', '949 a minute', evidenceOf('a2', { matchesPerMinute: 949 }), false],
    [
      'stimulus',
      'one poor minute',
      withShard(a2, { matches: series(300_000, (at) => 19 * Math.min(at, 120) + 15 * Math.max(0, at - 120)) }),
      false,
    ],
    ['stimulus', 'shortened, mean enough', evidenceOf('a2', { timeScale: 0.1, matchesPerMinute: 960 }), true],
    ['stimulus', 'shortened, mean too low', evidenceOf('a2', { timeScale: 0.1, matchesPerMinute: 940 }), false],
    ['stimulus', 'a full run without a full minute', withPhase(a2, () => ({ plannedMs: 59_000 })), false],
    ['stimulus', 'no scrape', withShard(a2, { matches: [] }), false],
    ['book shape', '10 % low', askDepth(1_800), true],
    ['book shape', 'over 10 % low', askDepth(1_799), false],
    ['book shape', '10 % high', askDepth(2_200), true],
    ['book shape', 'over 10 % high', askDepth(2_201), false],
    ['book shape', 'levels gone', withShard(a2, { askLevels: series(300_000, () => 179) }), false],
    ['book shape', 'no samples', withShard(a2, { askDepth: [] }), false],
    ['book shape', 'nothing seeded', withShard(a2, { askLevelsSeeded: 0 }), false],
    ['measurements', 'gap of 2 intervals', scrapes({ longestGapMs: 2_000 }), true],
    ['measurements', 'longer gap', scrapes({ longestGapMs: 2_001 }), false],
    ['measurements', 'a restart', scrapes({ resets: 1 }), false],
    ['measurements', 'no scrape', scrapes({ count: 0 }), false],
    [
      'measurements',
      'a hole in a series',
      withShard(a2, ({ matches }) => ({ matches: matches.filter(([at]) => at < 50_000 || at > 53_000) })),
      false,
    ],
    [
      'measurements',
      'shard missing',
      withPhase(evidenceOf('b2'), ({ shards }) => ({ shards: shards.slice(1) })),
      false,
    ],
    ['measurements', 'phase missing', { ...evidenceOf('a3'), phases: evidenceOf('a3').phases.slice(0, 2) }, false],
    ['measurements', 'phase cut short', withPhase(a2, () => ({ plannedMs: 200_000 })), false],
    ['agreement', 'one unknown counted', withLoad(a2, { accepted: 99, unknown: 1 }), true],
    ['agreement', 'unknown not counted', withLoad(a2, { unknown: 1 }), true],
    ['agreement', 'more counted than possible', withLoad(a2, { accepted: 98, unknown: 1 }), false],
    ['agreement', 'an accepted order lost', withLoad(a2, { accepted: 101 }), false],
    ['agreement', 'log unreadable', withShard(a2, { logged: null, loggedWhyNot: 'torn' }), false],
    ['agreement', 'orders not logged', withShard(a2, { logged: { orders: 99, matches: 5_700 } }), false],
    ['agreement', 'matches not logged', withShard(a2, { logged: { orders: 100, matches: 5_699 } }), false],
    ['agreement', 'events unreadable', withShard(a2, { published: null, publishedWhyNot: 'away' }), false],
    ['agreement', 'an event missing', withShard(a2, { published: { ...events, problems: ['1 missing'] } }), false],
    ['agreement', 'an order without its event', withShard(a2, { published: { ...events, orders: 99 } }), false],
    ['agreement', 'a match too many in the topic', withShard(a2, { published: { ...events, matches: 5_701 } }), false],
    ['agreement', 'events repeated', withShard(a2, { published: { ...events, repeated: 7 } }), true],
    ['measurements', 'the broker away', a4, true],
    ['measurements', 'the broker not away', { ...a4, phases: a4.phases.map(({ fault: _, ...phase }) => phase) }, false],
    ['measurements', 'another fault', fault({ kind: 'refused' }), false],
    ['measurements', 'the broker away for a third of the time', fault({ toMs: 90_000 }), false],
    ['measurements', 'the broker away for half of the time', fault({ toMs: 105_000 }), true],
    ['measurements', 'events that arrived all the same', during({ eventsSent: 1 }), false],
    ['measurements', 'no events during the fault', during({ eventsOffered: 0 }), false],
    ['measurements', 'nothing measured during the fault', withShard(a4, { stretches: [] }), false],
    ['generator', 'lag of exactly 5 ms', withLoad(a2, { lagUs: exactly(5_000, 100) }), true],
    ['generator', 'more lag', withLoad(a2, { lagUs: exactly(5_001, 100) }), false],
    ['generator', 'a bucket around 5 ms', withLoad(a2, { lagUs: buckets([4_900, 5_100, 100]) }), false],
    ['generator', 'no lag', withLoad(a2, { lagUs: buckets() }), false],
    ['generator', 'lag of half the orders', withLoad(a2, { lagUs: exactly(1, 50) }), false],
    ['machine', '10 %', machine(0.07, 0.03), true],
    ['machine', 'more', machine(0.07, 0.04), false],
    ['machine', 'steal alone', machine(0.1, null), true],
    ['machine', 'more steal alone', machine(0.11, null), false],
    ['machine', 'not known', withPhase(a2, () => ({ machine: null })), true],
  ];
  test.each(table)('%s: %s', (rule, _, evidence, ok) => expect(check(rule, evidence).ok).toBe(ok));
});

test('a busy machine does not make a case invalid', () => {
  const checks = checkValidity(machine(0.5, 0));
  expect(machineWasNotOurs(checks)).toBe(true);
  expect(whyInvalid(machine(0.5, 0), checks)).toBeUndefined();
});

test('a case that is not about matches says so', () => {
  expect(check('stimulus', evidenceOf('b5')).notApplicable).toBe('the case is not about a number of matches');
});

test('a case broken off is invalid with that reason', () => {
  const evidence = { ...a2, brokenOff: 'shard a died' };
  expect(whyInvalid(evidence, checkValidity(evidence))).toBe('broken off: shard a died');
});

test('without any phase every rule but the machine misses', () => {
  const evidence = { ...a2, phases: [] };
  const missed = checkValidity(evidence).filter(({ ok }) => !ok);
  expect(missed.map(({ rule }) => rule)).toEqual([
    'offered load',
    'stimulus',
    'book shape',
    'measurements',
    'agreement',
    'generator',
  ]);
});
