/**
 * When each order is due. Pure: rates in, offsets from the phase's start out.
 *
 * With N(t) the integral of the rate, order k of a flow (k = 0, 1, …) is due where N(t) = k, so a stage has exactly as
 * many orders as its rate says: 17/s for 300 s is 5,100, the first due at once. A stage of rate zero has none.
 */
import type { ArrivalStage, Flow } from '../experiment/cases.ts';

/** Order `n` (from 0) of the flow at `flowIndex` is due `dueMs` after the start. */
export interface Arrival {
  dueMs: number;
  flowIndex: number;
  n: number;
}

/** N is a sum of products of rates like 500/60: this much beside a whole number is that whole number. */
const COUNT_TOLERANCE = 1e-6;

/** The arrivals of all flows in the order in which they are due; at a tie the earlier flow goes first. */
export function arrivalSchedule(flows: readonly Flow[]): Arrival[] {
  const arrivals = flows.flatMap(({ stages }, flowIndex) =>
    dueOffsetsMs(stages).map((dueMs, n) => ({ dueMs, flowIndex, n })),
  );
  return arrivals.sort(
    (left, right) => left.dueMs - right.dueMs || left.flowIndex - right.flowIndex || left.n - right.n,
  );
}

/** Offsets of one flow's orders, ascending, fractions of a millisecond included. */
export function dueOffsetsMs(stages: readonly ArrivalStage[]): number[] {
  const dues: number[] = [];
  let stageStartMs = 0;
  let countBefore = 0;
  for (const stage of stages) {
    const countAfter = countBefore + (stage.durationMs / 1_000) * ((stage.fromPerSecond + stage.toPerSecond) / 2);
    const end = Math.ceil(countAfter - COUNT_TOLERANCE);
    for (let k = dues.length; k < end; k++) {
      dues.push(stageStartMs + Math.min(stage.durationMs, 1_000 * secondsUntil(stage, k - countBefore)));
    }
    stageStartMs += stage.durationMs;
    countBefore = countAfter;
  }
  return dues;
}

/**
 * Solves from × t + slope × t² / 2 = count for t. This form of the quadratic's root does not cancel where the slope
 * is small, and is count / rate where it is zero.
 */
function secondsUntil({ durationMs, fromPerSecond, toPerSecond }: ArrivalStage, count: number): number {
  if (count <= 0) return 0;
  const slope = (toPerSecond - fromPerSecond) / (durationMs / 1_000);
  const rateThen = Math.sqrt(Math.max(0, fromPerSecond ** 2 + 2 * slope * count));
  return (2 * count) / (fromPerSecond + rateThen);
}
