/** A4, on both sides of each limit. */
import { describe, expect, it } from 'vitest';
import type { CaseEvidence } from '../../src/experiment/evidence.ts';
import { decoupling } from '../../src/verdict/criteria/decoupling.ts';
import { buckets, evidenceOf, withLoad, withPhase, withShard } from './evidence-builder.ts';

const a4 = evidenceOf('a4');

/** Latencies of the first fault: of so many milliseconds before and after it, and so many during it. */
function latencies(otherwiseMs: number, duringMs: number, evidence: CaseEvidence = a4): CaseEvidence {
  const [phase] = evidence.phases;
  const raw = phase?.load.rawLatencies[0];
  const { fromMs = 0, toMs = 0 } = phase?.fault ?? {};
  if (raw === undefined) throw new Error('no latencies');
  const latencyUs = raw.offsetMs.map((atMs) => (atMs >= fromMs && atMs < toMs ? duringMs : otherwiseMs) * 1_000);
  return withLoad(evidence, { rawLatencies: [{ ...raw, latencyUs }] });
}

const slowMatches = withShard(a4, ({ stretches = [] }) => ({
  stretches: stretches.map((one) =>
    one.name === 'during' ? { ...one, matchDuration: buckets([0.2, 0.21, 300]) } : one,
  ),
}));

describe('a match while the broker is away', () => {
  it.each<[string, CaseEvidence, string]>([
    ['as quick as before', a4, 'PASS'],
    ['quicker than before', latencies(20, 10), 'PASS'],
    ['slower by less than a millisecond', latencies(2, 2.9), 'PASS'],
    ['slower by 10 %', latencies(20, 22), 'PASS'],
    ['slower by more than 10 % and a millisecond', latencies(20, 22.1), 'FAIL'],
    ['not below 200 ms, as the engine says', slowMatches, 'FAIL'],
    ['a shortened run, which has latencies enough', evidenceOf('a4', { timeScale: 0.05 }), 'PASS'],
    ['the other fault missing', { ...a4, phases: a4.phases.slice(0, 1) }, 'INVALID'],
    ['no latencies kept', withLoad(a4, { rawLatencies: [] }), 'INVALID'],
    ['no fault', withPhase(a4, () => ({ shards: [] })), 'INVALID'],
  ])('%s', (_name, evidence, verdict) => {
    expect(decoupling([evidence]).verdict).toBe(verdict);
  });

  it('is compared with all that was measured with the broker there', () => {
    const [first, second] = a4.phases;
    if (first === undefined || second === undefined) throw new Error('two faults');
    const slowFirst = latencies(40, 2).phases[0] ?? first;
    const slowAway = latencies(20, 30).phases[0] ?? first;
    expect(decoupling([{ ...a4, phases: [slowAway, second] }]).verdict).toBe('FAIL');
    expect(decoupling([{ ...a4, phases: [slowFirst, { ...slowAway, phase: second.phase }] }]).verdict).toBe('PASS');
  });

  it('is not compared with the time in which the broker was being taken away', () => {
    const slow = withPhase(latencies(20, 40), ({ fault, load }) => {
      const { fromMs = 0 } = fault ?? {};
      const askedMs = fromMs - 10_000;
      const [raw] = load.rawLatencies;
      if (fault === undefined || raw === undefined) throw new Error('no fault');
      const isBetween = (atMs: number): boolean => atMs >= askedMs && atMs < fromMs;
      const latencyUs = raw.latencyUs.map((us, index) => (isBetween(raw.offsetMs[index] ?? 0) ? 5_000_000 : us));
      return { fault: { ...fault, askedMs }, load: { ...load, rawLatencies: [{ ...raw, latencyUs }] } };
    });
    expect(decoupling([slow]).verdict).toBe('FAIL');
  });
});
