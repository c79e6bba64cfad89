/**
 * What travels through the ring: commands, which change the books and are logged, and queries, which are not. An
 * outcome is what applying one of them says; HTTP words it.
 */
import type { EngineEvent } from '../protocol/events.ts';
import type { NewOrder } from '../protocol/orders.ts';
import type { BookView, Outcome as Effect } from '../protocol/replies.ts';

export interface Place {
  kind: 'place';
  order: NewOrder;
}

export interface Cancel {
  kind: 'cancel';
  orderId: string;
  /** Where the client believes the order to be; `null` where it did not say. */
  symbol: string | null;
}

/** Resting orders put in without matching, all or none. */
export interface Seed {
  kind: 'seed';
  orders: readonly NewOrder[];
}

/** Empties the books and forgets the order ids seen. */
export interface Reset {
  kind: 'reset';
}

export type Command = Place | Cancel | Seed | Reset;

export interface BookQuery {
  kind: 'book';
  symbol: string;
  levels: number;
}

/** Where in the log a command stands. The batch's time is the only clock matching may use. */
export interface LogPosition {
  sequence: number;
  timeMs: number;
}

export interface Accepted {
  kind: 'accepted';
  timestampMs: number;
  /** The order was there already: nothing has changed. */
  repeated: boolean;
  events: EngineEvent[];
  fills: number;
  matchingNs: number;
  /** `null` where nothing came to rest. */
  insertionNs: number | null;
}

export interface Refused {
  kind: 'refused';
  httpStatus: 400 | 404 | 409;
  orderId: string | null;
  reason: string;
}

export interface Cancelled {
  kind: 'cancelled';
  orderId: string;
  quantity: number;
  timestampMs: number;
  events: EngineEvent[];
}

/** The engine could not carry the command out; `effect` says whether it may have taken effect all the same. */
export interface Unavailable {
  kind: 'unavailable';
  reason: string;
  effect: Effect;
}

export type CommandOutcome = Accepted | Refused | Cancelled | { kind: 'seeded'; count: number } | { kind: 'reset' };
export type Outcome = CommandOutcome | { kind: 'book'; view: BookView } | Unavailable;
