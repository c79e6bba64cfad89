/** What a publisher knows of the world it runs in, and tells it. */
import type { EventRecord } from '../../protocol/event-records.ts';

/** Since the publisher's start, but for what is said to be of now. */
export interface EventNumbers {
  /** Acknowledged by the broker; with `at-most-once`: handed to the network. */
  sent: number;
  /** Given up before they were sent: the queue was full. */
  dropped: number;
  /** Given up after the attempt to send them failed. */
  failed: number;
  /** Being sent now. */
  inFlight: number;
  /** Of those sent: events from before the engine's start, or that the broker had acknowledged and lost. */
  recovered: number;
  /** Every event up to this sequence has arrived, or is given up. */
  confirmedSequence: number;
  /** Batch time of the oldest event that is being sent; 0: none is. */
  oldestMs: number;
  isConnected: boolean;
}

export const NOTHING_PUBLISHED: EventNumbers = {
  sent: 0,
  dropped: 0,
  failed: 0,
  inFlight: 0,
  recovered: 0,
  confirmedSequence: 0,
  oldestMs: 0,
  isConnected: false,
};

/** Sends records; resolves when they are acknowledged. */
export interface Sender {
  send(records: readonly EventRecord[]): Promise<void>;
}

export interface PublisherPort {
  /** Everything in the log up to here may be told. */
  readonly durableSequence: number;
  /** Resolves when more than `sequence` is durable (true), or after so long (false). */
  nextDurable(sequence: number, withinMs: number): Promise<boolean>;
  send(sender: Sender, records: readonly EventRecord[]): Promise<void>;
  report(numbers: EventNumbers): void;
  tell(sentence: string): void;
}
