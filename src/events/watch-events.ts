/** Gathers the events that arrive in the topics from now on and mention some ids, until it is closed. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { TOPICS } from '../protocol/event-records.ts';
import type { EngineEvent } from '../protocol/events.ts';
import { readTopics } from './read-topics.ts';

export interface WatchRequest {
  brokers: readonly string[];
  /** Only events with this somewhere in them are kept. */
  mentions: string;
  signal: AbortSignal;
}

export interface OpenWatch {
  /** So far. @throws MexError when the topics could be read no further */
  events(): readonly EngineEvent[];
  close(): Promise<void>;
}

/** An engine that has just started makes its topics first. */
const OPEN_MS_MAX = 10_000;
/** Far more than any check looks for. */
const EVENTS_MAX = 10_000;

/** Resolves once reading has begun. @throws MexError when the broker does not answer, or has no such topics */
export async function watchEvents({ brokers, mentions, signal }: WatchRequest): Promise<OpenWatch> {
  const closing = new AbortController();
  const deadlineMs = performance.now() + OPEN_MS_MAX;
  const events: EngineEvent[] = [];
  let failure: unknown;
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const reading = readTopics(
    {
      brokers,
      topics: TOPICS,
      fromEnd: true,
      opened: resolve,
      again: () => !closing.signal.aborted,
      openAgain: () => performance.now() < deadlineMs,
      signal: AbortSignal.any([closing.signal, signal]),
    },
    ({ value }) => {
      const text = value.toString('utf8');
      if (text.includes(mentions) && events.length < EVENTS_MAX) events.push(JSON.parse(text) as EngineEvent);
    },
  ).catch((thrown: unknown) => {
    failure = thrown;
  });
  await Promise.race([opened, reading]);
  if (failure !== undefined) throw failure;
  return {
    events: () => {
      if (failure !== undefined) throw stopped(failure);
      return events;
    },
    close: async () => {
      closing.abort();
      await reading;
    },
  };
}

function stopped(cause: unknown): MexError {
  return new MexError(`The topics could be read no further: ${messageOf(cause)}`, {
    code: 'BROKER_UNREADABLE',
    exit: EXIT.environment,
    cause,
  });
}
