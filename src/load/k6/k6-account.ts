/**
 * Does what k6 counted agree with what its script told? k6 ends with 0 also when every iteration threw, so its counts
 * decide. Pure.
 */
import type { K6Summary } from './k6-summary.ts';
import type { FlowCount } from './order-lines.ts';

/** Null: they agree. Otherwise the load does not count, and why. */
export function disagreement(flows: readonly FlowCount[], summary: K6Summary | undefined): string | null {
  const told = flows.reduce((sum, flow) => sum + flow.told, 0);
  if (summary === undefined) return 'k6 left no summary';
  const { sent, iterations } = summary;
  // An iteration that k6 cut off at its end counts for nothing else: its order would be missing among the slow ones.
  if (sent !== told) return `k6 sent ${sent} orders, and its script told what became of ${told}`;
  if (iterations !== told) return `k6 counted ${iterations} iterations, and its script told of ${told} orders`;
  return null;
}

/**
 * Orders of the schedule that k6 did not begin. At the very end it may begin one more than were due; where it could not
 * begin that one, nothing of the schedule is missing for it.
 */
export function droppedOf(flow: FlowCount, iterationsDropped: number): number {
  const isOneMore = flow.told + iterationsDropped > flow.scheduled;
  return Math.max(0, iterationsDropped - (isOneMore && !flow.beganAtTheEnd ? 1 : 0));
}

/** Said of each flow whose due times are less than certain. */
export function dueNotes(flow: FlowCount, dropped: number): string[] {
  const notes = [];
  if (flow.isRamp) {
    notes.push(
      `k6 does not tell when it began to count the ramp of flow ${flow.flow}: its promptest order counts as on time, and latency from the due time may be too low by as much as that one was late`,
    );
  }
  if (dropped > 0) {
    notes.push(
      `k6 dropped ${dropped} orders of flow ${flow.flow} and does not tell which: those behind the first of them count as due up to ${dropped} orders too early, so their lag and their latency from the due time are too high`,
    );
  }
  return notes;
}
