/**
 * B2, B6: does the heap grow more than the orders explain? Of each tenth of the steady part the lowest reading counts,
 * which is what a collection left; its slope (Theil–Sen) over the orders taken is judged with its interval.
 */
import { HEAP_BYTES_PER_ORDER_MAX } from '../../experiment/criteria.ts';
import type { CaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { valueAt } from '../../stats/counter-series.ts';
import { theilSenSlope } from '../../stats/trend.ts';
import { decisive, type Finding, noData } from '../finding.ts';
import { settleMs } from '../steady-rate.ts';
import { whole } from '../wording.ts';

const FLOORS = 10;
/** In less time a heap may not have been collected once. */
const PLANNED_MS_MIN = 120_000;

export function memory({ phases }: CaseEvidence): Finding {
  return decisive(
    phases.flatMap(({ plannedMs, shards }) => shards.map((shard) => growthOf(shard, plannedMs))),
    'no shard was measured',
  );
}

function growthOf({ shard, heapBytes, orders }: ShardEvidence, plannedMs: number): Finding {
  if (plannedMs < PLANNED_MS_MIN) {
    const because = `${whole(plannedMs / 1_000)} s are too short to see a trend of the heap`;
    return { verdict: 'INCONCLUSIVE', found: 'too short', because };
  }
  const floors = heapFloors(heapBytes, settleMs(plannedMs), plannedMs);
  if (floors.length < FLOORS) return noData(`heap of shard ${shard}`);
  const slope = theilSenSlope(floors.map(([atMs, bytes]) => [valueAt(orders, atMs), bytes] as const));
  if (slope === undefined) return noData(`orders of shard ${shard}`);
  const found = `${whole(slope.estimate)} B an order (shard ${shard})`;
  const interval = `95 % CI ${whole(slope.lower)} to ${whole(slope.upper)} B`;
  const because = `the heap of shard ${shard} grew by ${whole(slope.estimate)} B an order (${interval}), allowed ${HEAP_BYTES_PER_ORDER_MAX} B`;
  if (slope.upper <= HEAP_BYTES_PER_ORDER_MAX) return { verdict: 'PASS', found, because };
  if (slope.lower > HEAP_BYTES_PER_ORDER_MAX) return { verdict: 'FAIL', found, because };
  return { verdict: 'INCONCLUSIVE', found, because: `${because}: the interval spans it` };
}

/** The lowest reading of each tenth; a tenth without one is left out. */
function heapFloors(readings: ShardEvidence['heapBytes'], fromMs: number, toMs: number): ShardEvidence['heapBytes'] {
  const lengthMs = (toMs - fromMs) / FLOORS;
  return Array.from({ length: FLOORS }, (_, index) => {
    const startMs = fromMs + index * lengthMs;
    const within = readings.filter(([atMs]) => atMs >= startMs && atMs < startMs + lengthMs);
    return within.reduce<(typeof within)[number] | undefined>(
      (lowest, reading) => (lowest === undefined || reading[1] < lowest[1] ? reading : lowest),
      undefined,
    );
  }).filter((floor) => floor !== undefined);
}
