/**
 * Where events go once their commands are durable. `offer` must return at once, whatever the broker does, and takes what
 * it needs of the batch before it returns: the batch's arrays are used again.
 */

import { EFFECT, type Effects } from '../match/effects.ts';
import type { ShardState } from '../match/shard-state.ts';

/** Row 0 of the state's effects is what the command `firstSequence` did. */
export interface CommittedBatch {
  state: ShardState;
  firstSequence: number;
  timeMs: number;
}

/** Since the engine's start: `offered` = `sent` + `dropped` + `failed` + `queued` + `inFlight`. */
export interface EventTotals {
  /** Handed over by matching, and those of earlier starts that were not published yet. */
  offered: number;
  /** Arrived. */
  sent: number;
  dropped: number;
  failed: number;
  /** In the log, or in the queue of `at-most-once`. */
  queued: number;
  inFlight: number;
  /** Commands in the log whose events have not all arrived. */
  lagSequences: number;
  /** Age of the oldest event that has not arrived. */
  lagSeconds: number;
  isConnected: boolean;
}

export interface EventSink {
  /** Everything up to this sequence has arrived for good: the log need not keep it for the sink's sake. */
  readonly confirmedSequence: number;
  /** The log is open and ends at this sequence. */
  start(log: { sequence: number; logId: string }): void;
  offer(batch: CommittedBatch): void;
  totals(nowMs: number): EventTotals;
  close(): Promise<void>;
}

/** Publishing is off: nothing is offered to anybody. */
export class NoSink implements EventSink {
  readonly confirmedSequence = Number.POSITIVE_INFINITY;

  start(_log: { sequence: number; logId: string }): void {}

  offer(_batch: CommittedBatch): void {}

  totals(): EventTotals {
    const none = { offered: 0, sent: 0, dropped: 0, failed: 0, queued: 0, inFlight: 0, lagSequences: 0, lagSeconds: 0 };
    return { ...none, isConnected: false };
  }

  async close(): Promise<void> {}
}

/** Events that describing the whole batch would give. */
export function eventsIn(effects: Effects): number {
  let events = effects.fillCount;
  for (let row = 0; row < effects.count; row++) {
    const kind = effects.kind[row];
    if (kind === EFFECT.accepted || kind === EFFECT.amended) events++;
    if ((effects.cancelled[row] ?? 0) > 0) events++;
  }
  return events;
}
