/** How many matches the system makes, and what two more shards add. */
import { SCALING, THROUGHPUT } from '../../experiment/criteria.ts';
import type { CaseEvidence, PhaseEvidence } from '../../experiment/evidence.ts';
import { differenceInterval } from '../../stats/confidence-interval.ts';
import { rollingGain } from '../../stats/rolling.ts';
import { decisive, type Finding, noData } from '../finding.ts';
import { isShortened } from '../planned.ts';
import { repetitionsToSettle } from '../settling.ts';
import { steadyMatchesPerMinute } from '../steady-rate.ts';
import { matchesOfMinutes } from '../validity/stimulus.ts';
import { clock, perMinute } from '../wording.ts';

const MINUTE_MS = 60_000;
const { matchesPerMinuteMin, minutes: minutesMin, belowMsMax } = THROUGHPUT;

/** B2: enough matches in enough consecutive minutes, and no long dip; in a shortened run the mean of the steady part. */
export function throughput({ phases, timeScale }: CaseEvidence): Finding {
  return decisive(phases.map(isShortened(timeScale) ? meanRate : minuteRates), 'no phase was measured');
}

function minuteRates(phase: PhaseEvidence): Finding {
  const minutes = matchesOfMinutes(phase);
  if (minutes.length < minutesMin) return noData(`${minutes.length} of ${minutesMin} full minutes were measured`);
  const counters = phase.shards.map(({ matches }) => matches);
  const rolling = rollingGain(counters, { windowMs: MINUTE_MS, toMs: phase.plannedMs, gainMin: matchesPerMinuteMin });
  const held = longestRun(minutes, (gain) => gain >= matchesPerMinuteMin);
  const found = `${held} minutes at ≥ ${perMinute(matchesPerMinuteMin)}, lowest ${perMinute(Math.min(...minutes))}`;
  if (held < minutesMin) return { verdict: 'FAIL', found, because: `${found}: ${minutesMin} in a row are needed` };
  if (rolling.longestBelowMs > belowMsMax) {
    const dip = `below for ${clock(rolling.longestBelowMs)}, down to ${perMinute(rolling.lowestGain)}`;
    return { verdict: 'FAIL', found, because: `${dip}: at most ${clock(belowMsMax)} is allowed` };
  }
  return { verdict: 'PASS', found, because: `${found}, never below for over ${clock(belowMsMax)}` };
}

function meanRate(phase: PhaseEvidence): Finding {
  const mean = steadyMatchesPerMinute([phase]);
  if (mean === undefined) return noData('the steady part is too short or was not measured');
  const found = `mean ${perMinute(mean.estimate)} (95 % CI ${perMinute(mean.lower)} to ${perMinute(mean.upper)})`;
  const because = `${found} against ${perMinute(matchesPerMinuteMin)}`;
  if (mean.lower >= matchesPerMinuteMin) return { verdict: 'PASS', found, because };
  if (mean.upper < matchesPerMinuteMin) return { verdict: 'FAIL', found, because };
  return {
    verdict: 'INCONCLUSIVE',
    found,
    because: `${because}; ${repetitionsToSettle(mean, matchesPerMinuteMin, 1)}`,
  };
}

/** B2 against B1: three shards make at least this share of three times what one makes. Repetitions are pooled. */
export function scaling(evidence: readonly CaseEvidence[]): Finding {
  const rateOf = (caseId: string) =>
    steadyMatchesPerMinute(evidence.filter((one) => one.caseId === caseId).flatMap(({ phases }) => phases));
  const [one, three] = [rateOf('b1'), rateOf('b2')];
  if (one === undefined || three === undefined) return noData('the steady rate of B1 or B2');
  if (!(one.lower > 0)) return noData('B1 made no matches to compare with');
  const factor = SCALING.efficiencyMin * SCALING.shards;
  const margin = differenceInterval(three, one, factor);
  const found = `${perMinute(three.estimate)} against ${perMinute(one.estimate)} (× ${(three.estimate / one.estimate).toFixed(2)})`;
  const because = `${found}; needed × ${factor.toFixed(1)}, over it by ${perMinute(margin.estimate)} (95 % CI ${perMinute(margin.lower)} to ${perMinute(margin.upper)})`;
  if (margin.lower >= 0) return { verdict: 'PASS', found, because };
  if (margin.upper < 0) return { verdict: 'FAIL', found, because };
  const repetitions = Math.min(...['b1', 'b2'].map((id) => evidence.filter(({ caseId }) => caseId === id).length));
  return { verdict: 'INCONCLUSIVE', found, because: `${because}; ${repetitionsToSettle(margin, 0, repetitions)}` };
}

function longestRun(values: readonly number[], holds: (value: number) => boolean): number {
  let [longest, current] = [0, 0];
  for (const value of values) {
    current = holds(value) ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}
