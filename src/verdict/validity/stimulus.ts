/**
 * 2. The engine had the matches to make that the case is about: in every full minute, or, in a shortened run, in the
 * mean of the steady part. There the mean decides and its interval is shown: seconds are too few to ask for more.
 */
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { gainOf } from '../../stats/counter-series.ts';
import { caseOf, isShortened } from '../planned.ts';
import { steadyMatchesPerMinute } from '../steady-rate.ts';
import { perMinute } from '../wording.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

const MINUTE_MS = 60_000;

export function stimulus(evidence: CaseEvidence): RuleFinding {
  const { matchesPerMinute } = caseOf(evidence.caseId);
  if (matchesPerMinute === undefined) {
    const notApplicable = 'the case is not about a number of matches';
    return { ok: true, found: '–', expected: '–', notApplicable };
  }
  const enough = matchesPerMinute * VALIDITY.stimulusShareMin;
  if (isShortened(evidence.timeScale)) {
    return everyPhase(evidence, `mean ≥ ${perMinute(enough)}`, (phase) => meanFinding(phase, enough));
  }
  return everyPhase(evidence, `≥ ${perMinute(enough)} in every full minute`, (phase) => minutesFinding(phase, enough));
}

function meanFinding(phase: PhaseEvidence, enough: number): { ok: boolean; found: string } {
  const mean = steadyMatchesPerMinute([phase]);
  if (mean === undefined) return { ok: false, found: 'no data of the steady part' };
  const { estimate, lower, upper } = mean;
  return {
    ok: estimate >= enough,
    found: `mean ${perMinute(estimate)} (95 % CI ${perMinute(lower)} to ${perMinute(upper)})`,
  };
}

function minutesFinding(phase: PhaseEvidence, enough: number): { ok: boolean; found: string } {
  const minutes = matchesOfMinutes(phase);
  const lowest = Math.min(...minutes);
  if (minutes.length === 0) return { ok: false, found: 'no full minute was measured' };
  return { ok: lowest >= enough, found: `lowest ${perMinute(lowest)}, in minute ${minutes.indexOf(lowest) + 1}` };
}

/** Matches of each full minute of the phase, all shards together. Empty when a shard has no scrape. */
export function matchesOfMinutes({ plannedMs, shards }: PhaseEvidence): number[] {
  const counters = shards.map(({ matches }) => matches);
  if (counters.length === 0 || counters.some((series) => series.length === 0)) return [];
  return Array.from({ length: Math.floor(plannedMs / MINUTE_MS) }, (_, minute) =>
    gainOf(counters, minute * MINUTE_MS, (minute + 1) * MINUTE_MS),
  );
}
