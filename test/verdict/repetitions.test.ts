/** Is a case measured once more? By the noise of what came before, and by nothing that came after. */
import { expect, it } from 'vitest';
import type { CaseEvidence, PhaseEvidence } from '../../src/experiment/evidence.ts';
import { decoupling } from '../../src/verdict/criteria/decoupling.ts';
import { needsAnother } from '../../src/verdict/repetitions.ts';
import { evidenceOf } from './evidence-builder.ts';

const TIME_SCALE = 0.05;
const steady = evidenceOf('a4', { timeScale: TIME_SCALE });

/** Latencies by the order's number and whether the broker was away. */
function latencies(latencyMs: (n: number, isAway: boolean) => number): CaseEvidence {
  const phases = steady.phases.map((phase): PhaseEvidence => {
    const [raw] = phase.load.rawLatencies;
    const { fromMs = 0, toMs = 0 } = phase.fault ?? {};
    if (raw === undefined) throw new Error('no latencies');
    const latencyUs = raw.offsetMs.map((atMs, n) => latencyMs(n, atMs >= fromMs && atMs < toMs) * 1_000);
    return { ...phase, load: { ...phase.load, rawLatencies: [{ ...raw, latencyUs }] } };
  });
  return { ...steady, phases };
}

/** At least a millisecond, and above it exponential with this mean: the p99 lies 4.6 means higher. */
const noisy = (meanMs: number) => (n: number) => 1 - meanMs * Math.log(1 - ((n * 0.618_033_988_75) % 1));

it('is not where the latencies are close together', () => {
  expect(needsAnother([steady])).toBe(false);
  expect(needsAnother([latencies(noisy(0.2))])).toBe(false);
});

it('is while they are too far apart, seven times at most', () => {
  const one = latencies(noisy(10));
  const told = [1, 2, 3, 4, 5, 6, 7].map((count) => needsAnother(Array.from({ length: count }, () => one)));
  expect(told).toEqual([true, true, true, true, true, true, false]);
});

it('needs fewer the quieter it is', () => {
  const one = latencies(noisy(1));
  const told = [1, 5].map((count) => needsAnother(Array.from({ length: count }, () => one)));
  expect(told[0]).toBe(true);
  expect(told[1]).toBe(false);
});

it('is decided without a look at what came after', () => {
  const slow = latencies((_n, isAway) => (isAway ? 40 : 2));
  const noisyAway = latencies((n, isAway) => (isAway ? noisy(10)(n) : 2));
  expect([needsAnother([slow]), needsAnother([noisyAway])]).toEqual([false, false]);
  expect(decoupling([slow]).verdict).toBe('FAIL');
});

it('is for a p99 that has too few latencies to have an interval', () => {
  const short = (phase: PhaseEvidence): PhaseEvidence => ({ ...phase, fault: { ...fault(phase), askedMs: 15_000 } });
  expect(needsAnother([{ ...steady, phases: steady.phases.map(short) }])).toBe(true);
});

it('is not for a case without a comparison, or with nothing to compare', () => {
  expect(needsAnother([evidenceOf('a2', { timeScale: TIME_SCALE })])).toBe(false);
  expect(needsAnother([{ ...steady, phases: steady.phases.slice(0, 1) }])).toBe(false);
  expect(needsAnother([])).toBe(false);
});

function fault({ fault: found }: PhaseEvidence): NonNullable<PhaseEvidence['fault']> {
  if (found === undefined) throw new Error('no fault');
  return found;
}
