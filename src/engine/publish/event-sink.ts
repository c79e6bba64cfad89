/**
 * Where events go once their command is durable. `offer` must return at once, whatever the broker does.
 */
import type { EngineEvent } from '../../protocol/events.ts';

export interface EventSink {
  /** Events that were offered, and those of them that were dropped, since the start. */
  readonly offered: number;
  readonly errors: number;
  offer(events: readonly EngineEvent[]): void;
  close(): Promise<void>;
}

/** Counts what it is offered and keeps nothing. */
export class DiscardSink implements EventSink {
  readonly errors = 0;
  offered = 0;

  offer(events: readonly EngineEvent[]): void {
    this.offered += events.length;
  }

  async close(): Promise<void> {}
}
