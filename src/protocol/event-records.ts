/**
 * An event as a record of a topic. Its id comes from the log, so whoever writes it again writes the same bytes: readers
 * that have seen an id may pass it over.
 */
import type { EngineEvent } from './events.ts';

export const TOPICS = ['orders', 'matches'] as const;
export type Topic = (typeof TOPICS)[number];
export const PARTITIONS = 12;

/** `shard-sequence-index`: the command's place in the log, and the event's among those of the command. */
export const EVENT_ID_HEADER = 'event-id';
/** Which log the id is of: a shard that begins with an empty log begins anew with its sequence. */
export const LOG_ID_HEADER = 'log-id';

/** Where an event stands in its log. */
export interface EventPlace {
  sequence: number;
  index: number;
}

export interface EventRecord extends EventPlace {
  topic: Topic;
  /** The symbol: what happens to it stays in order. */
  key: string;
  value: string;
  eventId: string;
  /** Of the command's batch. */
  timeMs: number;
}

export function eventRecord(event: EngineEvent, shardId: string, place: EventPlace, timeMs: number): EventRecord {
  return {
    ...place,
    topic: event.type === 'MATCH_EXECUTED' ? 'matches' : 'orders',
    key: event.symbol,
    value: JSON.stringify(event),
    eventId: `${shardId}-${place.sequence}-${place.index}`,
    timeMs,
  };
}

/** Null: not an id of this shard. */
export function parseEventId(eventId: string, shardId: string): EventPlace | null {
  const [, shard, sequence, index] = /^(.+)-(\d{1,16})-(\d{1,10})$/.exec(eventId) ?? [];
  return shard === shardId ? { sequence: Number(sequence), index: Number(index) } : null;
}

export function isBefore(left: EventPlace, right: EventPlace): boolean {
  return left.sequence < right.sequence || (left.sequence === right.sequence && left.index < right.index);
}
