/** Criteria on how long a match or a request takes. */
import { P99_MS_MAX, WINDOW_MS } from '../../experiment/criteria.ts';
import type { CaseEvidence, PhaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { withSlowest } from '../../stats/quantile.ts';
import { type Finding, noData } from '../finding.ts';
import { settleMs } from '../steady-rate.ts';
import { clock } from '../wording.ts';
import { everyP99Below, type Stretch, UNIT } from './p99.ts';

/** Windows may begin and end this much off: they are cut at scrapes. */
const WINDOW_SLACK_MS = 2_000;

/** A2: the whole phase, and every window of its steady part. */
export function matchP99({ phases }: CaseEvidence): Finding {
  const uncovered = phases.flatMap((phase) => phase.shards.filter((shard) => !windowsCover(shard, phase)));
  if (uncovered[0] !== undefined) return noData(`the windows of shard ${uncovered[0].shard} leave out a part`);
  const stretches = phases.flatMap(({ shards }) => shards.flatMap((shard) => [wholeOf(shard), ...windowsOf(shard)]));
  return everyP99Below(P99_MS_MAX, stretches, UNIT.seconds);
}

/** A3: each depth. */
export function depthP99({ phases }: CaseEvidence): Finding {
  const stretches = phases.flatMap(({ phase, shards }) =>
    shards.map(({ matchDuration }) => ({ name: phase, histogram: matchDuration })),
  );
  return everyP99Below(P99_MS_MAX, stretches, UNIT.seconds);
}

/** B2, B4: each shard. B3: the same, for information. */
export function shardP99({ caseId, phases }: CaseEvidence): Finding {
  const stretches = phases.flatMap(({ shards }) =>
    shards.map(({ shard, matchDuration }) => ({ name: `${caseId}, shard ${shard}`, histogram: matchDuration })),
  );
  return everyP99Below(P99_MS_MAX, stretches, UNIT.seconds);
}

/** A2: from the moment an order was due to its answer. An order without an answer counts as slower than all others. */
export function httpP99({ phases }: CaseEvidence): Finding {
  const stretches = phases.map(({ load }) => ({
    name: 'from the due time',
    histogram:
      load.latencyFromDueUs.count === 0
        ? load.latencyFromDueUs
        : withSlowest(load.latencyFromDueUs, load.sent - load.latencyFromDueUs.count),
  }));
  return everyP99Below(P99_MS_MAX, stretches, UNIT.microseconds);
}

function wholeOf({ matchDuration }: ShardEvidence): Stretch {
  return { name: 'whole', histogram: matchDuration };
}

function windowsOf({ matchDurationWindows }: ShardEvidence): Stretch[] {
  return matchDurationWindows.map(({ fromMs, toMs, histogram }) => ({
    name: `window ${clock(fromMs)} to ${clock(toMs)}`,
    histogram,
  }));
}

/** No stretch of the steady part is missing, but for a rest at the end that is too short for a window. */
function windowsCover({ matchDurationWindows }: ShardEvidence, { plannedMs }: PhaseEvidence): boolean {
  let coveredMs = settleMs(plannedMs);
  for (const { fromMs, toMs } of matchDurationWindows) {
    if (fromMs > coveredMs + WINDOW_SLACK_MS) return false;
    coveredMs = Math.max(coveredMs, toMs);
  }
  const restMs = plannedMs - coveredMs;
  return matchDurationWindows.length > 0 && restMs <= WINDOW_MS + WINDOW_SLACK_MS;
}
