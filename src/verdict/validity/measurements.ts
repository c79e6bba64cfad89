/**
 * 4. Every phase of the case was measured in full, on every shard that it loads: no gap, no restart.
 * The series themselves are asked as well as the scrape's own account: a series with a hole would be read as standing
 * still, and hide what happened in it.
 */
import { phaseDurationMs, shardsOf } from '../../experiment/cases.ts';
import type { CaseEvidence, PhaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { plannedCase } from '../planned.ts';
import { whole } from '../wording.ts';
import { faultMisses } from './fault.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

/** A phase may be this much shorter than planned, for rounding alone. */
const PLANNED_SHARE_MIN = 0.99;

export function measurements(evidence: CaseEvidence): RuleFinding {
  const expected = `every shard scraped, no gap over ${VALIDITY.scrapeGapIntervalsMax} intervals, no restart`;
  const { phases } = plannedCase(evidence);
  const absent = phases.find(({ name }) => !evidence.phases.some(({ phase }) => phase === name));
  if (absent !== undefined) return { ok: false, found: `phase ${absent.name} was not measured`, expected };
  return everyPhase(evidence, expected, (measured) => {
    const planned = phases.find(({ name }) => name === measured.phase);
    if (planned === undefined) return { ok: false, found: 'no such phase in the case' };
    if (measured.plannedMs < phaseDurationMs(planned) * PLANNED_SHARE_MIN) {
      return { ok: false, found: `${whole(measured.plannedMs)} ms of ${whole(phaseDurationMs(planned))} ms` };
    }
    if (measured.loss !== undefined) {
      return { ok: false, found: `shard ${measured.loss.shard} was lost on purpose: ${measured.loss.means}` };
    }
    const misses = [
      ...shardsOf(planned).flatMap((shard) => missesOf(measured, shard)),
      ...faultMisses(measured, planned),
    ];
    return { ok: misses.length === 0, found: misses[0] ?? summaryOf(measured) };
  });
}

/** What is wrong with the measurements of one shard, in words; empty: nothing. */
export function missesOf(phase: PhaseEvidence, shard: string): string[] {
  const found = phase.shards.filter((one) => one.shard === shard);
  const [evidence] = found;
  if (evidence === undefined) return [`no evidence of shard ${shard}`];
  if (found.length > 1) return [`shard ${shard} is there ${found.length} times`];
  const { count, intervalMs, longestGapMs, resets } = evidence.scrapes;
  const gapMsMax = VALIDITY.scrapeGapIntervalsMax * intervalMs;
  const misses: string[] = [];
  if (!(count > 0)) misses.push(`shard ${shard} was never scraped`);
  if (!(longestGapMs <= gapMsMax)) misses.push(`shard ${shard}: gap of ${whole(longestGapMs)} ms between scrapes`);
  if (resets !== 0) misses.push(`shard ${shard}: ${resets} counter resets (a restart)`);
  return [...misses, ...holesOf(evidence, phase.plannedMs, gapMsMax)];
}

function holesOf(
  { shard, matches, askDepth, askLevels }: ShardEvidence,
  plannedMs: number,
  gapMsMax: number,
): string[] {
  return Object.entries({ matches, askDepth, askLevels }).flatMap(([name, series]) => {
    const times = [0, ...series.map(([atMs]) => atMs).filter((atMs) => atMs > 0 && atMs < plannedMs), plannedMs];
    const gapMs = Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
    return gapMs <= gapMsMax ? [] : [`shard ${shard}: ${name} has a hole of ${whole(gapMs)} ms`];
  });
}

function summaryOf({ shards }: PhaseEvidence): string {
  const scrapes = shards.reduce((sum, one) => sum + one.scrapes.count, 0);
  const gapMs = Math.max(...shards.map((one) => one.scrapes.longestGapMs));
  return `${whole(scrapes)} scrapes, longest gap ${whole(gapMs)} ms, no restart`;
}
