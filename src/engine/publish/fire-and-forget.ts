/**
 * `at-most-once`, the original design: `acks=0`. Nobody learns what became of a record, and a broker that is away costs
 * events. kafkajs would keep them without bound and call each sent; here the queue is bounded, and what does not fit, or
 * would wait in a socket that takes no more, is dropped and counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { messageOf } from '../../errors/mex-error.ts';
import { kafkaClient } from '../../kafka/client.ts';
import { Connections } from '../../kafka/connections.ts';
import { createTopics } from '../../kafka/create-topics.ts';
import { EVENT_ID_HEADER, type EventRecord, LOG_ID_HEADER, PARTITIONS, TOPICS } from '../../protocol/event-records.ts';
import { Outbox } from './outbox.ts';
import type { PublisherOptions } from './publisher.ts';
import { type EventNumbers, NOTHING_PUBLISHED, type PublisherPort } from './publisher-port.ts';

const LINGER_MS = 5;
const QUEUE_RECORDS_MAX = 10_000;
const BATCH_RECORDS_MAX = 500;
/** The only sign of a broker that takes no more. */
const SOCKET_BYTES_MAX = 1024 * 1024;
const BACKOFF_MS = 500;
const IDLE_LOOK_MS = 500;

export class FireAndForget {
  readonly #options: PublisherOptions;
  readonly #port: PublisherPort;
  readonly #numbers: EventNumbers = { ...NOTHING_PUBLISHED };
  readonly #stopped = new AbortController();
  #queue: EventRecord[] = [];
  #isToldAway = false;

  constructor(options: PublisherOptions, port: PublisherPort) {
    this.#options = options;
    this.#port = port;
  }

  async run(): Promise<void> {
    await Promise.all([this.#collect(), this.#send()]);
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** From the end of the log at the start on: what was before is gone. */
  async #collect(): Promise<void> {
    const outbox = await Outbox.open(this.#options, this.#options.startSequence);
    try {
      while (!this.#stopped.signal.aborted) {
        const { durableSequence } = this.#port;
        const batch = await outbox.next(durableSequence);
        if (batch === null) {
          await this.#port.nextDurable(durableSequence, IDLE_LOOK_MS);
          continue;
        }
        const room = Math.max(0, QUEUE_RECORDS_MAX - this.#queue.length);
        this.#queue.push(...batch.records.slice(0, room));
        this.#numbers.dropped += Math.max(0, batch.records.length - room);
        this.#numbers.confirmedSequence = batch.lastSequence;
        this.#report();
      }
    } finally {
      outbox.close();
    }
  }

  async #send(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const connections = new Connections(this.#options.via);
      const client = kafkaClient({ ...this.#options, clientId: `mex-shard-${this.#options.shardId}`, connections });
      const producer = client.producer({
        allowAutoTopicCreation: false,
        maxInFlightRequests: 1,
        retry: { retries: 0 },
      });
      try {
        await createTopics(client, TOPICS, PARTITIONS);
        await producer.connect();
        await this.#sendThrough(producer, connections);
      } catch (thrown) {
        if (!this.#isToldAway) this.#port.tell(`the broker does not answer, events are dropped: ${messageOf(thrown)}`);
        this.#isToldAway = true;
      }
      connections.cut();
      producer.disconnect().catch(() => undefined);
      this.#numbers.isConnected = false;
      this.#report();
      await this.#pause(BACKOFF_MS);
    }
  }

  async #sendThrough(producer: Producer, connections: Connections): Promise<void> {
    this.#numbers.isConnected = true;
    this.#isToldAway = false;
    while (!this.#stopped.signal.aborted) {
      if (connections.isCut) throw new Error('the connection was lost');
      await this.#pause(LINGER_MS);
      if (this.#queue.length === 0 || connections.bytesWaiting > SOCKET_BYTES_MAX) continue;
      const records = this.#queue.slice(0, BATCH_RECORDS_MAX);
      this.#queue = this.#queue.slice(records.length);
      this.#numbers.inFlight = records.length;
      try {
        const topicMessages = TOPICS.map((topic) => ({
          topic,
          messages: records.filter((one) => one.topic === topic).map((record) => this.#message(record)),
        })).filter(({ messages }) => messages.length > 0);
        await this.#port.send(
          { send: () => producer.sendBatch({ acks: 0, topicMessages }).then(() => undefined) },
          records,
        );
        this.#numbers.sent += records.length;
      } catch (thrown) {
        this.#numbers.failed += records.length;
        throw thrown;
      } finally {
        this.#numbers.inFlight = 0;
        this.#report();
      }
    }
  }

  #message({ key, value, eventId, timeMs }: EventRecord) {
    const headers = { [EVENT_ID_HEADER]: eventId, [LOG_ID_HEADER]: this.#options.logId };
    return { key, value, headers, timestamp: String(timeMs) };
  }

  #report(): void {
    this.#port.report({ ...this.#numbers, oldestMs: this.#queue[0]?.timeMs ?? 0 });
  }

  async #pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
