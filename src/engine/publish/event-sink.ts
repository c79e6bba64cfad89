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

export interface EventSink {
  /** Events that were offered, and those of them that were dropped, since the start. */
  readonly offered: number;
  readonly errors: number;
  /** Everything up to this sequence has arrived for good: the log need not keep it for the sink's sake. */
  readonly confirmedSequence: number;
  offer(batch: CommittedBatch): void;
  close(): Promise<void>;
}

/** Counts what it is offered and keeps nothing. */
export class DiscardSink implements EventSink {
  readonly errors = 0;
  readonly confirmedSequence = Number.POSITIVE_INFINITY;
  offered = 0;

  offer({ state }: CommittedBatch): void {
    this.offered += eventsIn(state.effects);
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
