/**
 * One lifetime of an idempotent producer: what is sent again after a lost connection is kept once, because the broker
 * counts the batches of a producer. Before anything is sent again, the topic is looked at: a broker that has less than it
 * acknowledged has lost its tail, and the session ends; whoever opens the next one goes on from what the topic holds.
 */
import kafkajs, { type Producer, type RecordMetadata } from 'kafkajs';
import { type ClientOptions, kafkaClient } from '../../kafka/client.ts';
import { Connections } from '../../kafka/connections.ts';
import { createTopics } from '../../kafka/create-topics.ts';
import { TopicReader, type TopicRecord } from '../../kafka/topic-reader.ts';
import {
  EVENT_ID_HEADER,
  type EventPlace,
  type EventRecord,
  LOG_ID_HEADER,
  PARTITIONS,
  parseEventId,
  TOPICS,
  type Topic,
} from '../../protocol/event-records.ts';
import { Published, type PublishedMark } from './published.ts';

export interface SessionOptions {
  brokers: readonly string[];
  /** `host:port` of a proxy in front of them. */
  via: string | null;
  shardId: string;
  logId: string;
  symbols: readonly string[];
}

/** One partition of one topic that this shard writes to. */
interface Place {
  topic: Topic;
  partition: number;
}

/** The broker has less than it acknowledged. */
export class TailLost extends Error {}

/** Sending the same again would not help: the broker refuses it, or has lost what came before it. */
export function endsSession(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof TailLost) return true;
    if (error instanceof kafkajs.KafkaJSProtocolError && !error.retriable) return true;
  }
  return false;
}

/** How much is read at once when looking for the shard's last record from the end backwards; then twice as much. */
const LOOK_BACK_FIRST = 64;
const READ_WAIT_MS = 500;

export class BrokerSession {
  readonly #options: SessionOptions;
  readonly #connections: Connections;
  readonly #client: ClientOptions;
  readonly #producer: Producer;
  readonly #partitionOf = new Map<string, number>();
  /** The offset that the next record of a partition gets at least. */
  readonly #endOffsets = new Map<string, number>();

  private constructor(options: SessionOptions, connections: Connections) {
    const clientId = `mex-shard-${options.shardId}`;
    this.#options = options;
    this.#connections = connections;
    this.#client = { brokers: options.brokers, clientId, connections };
    this.#producer = kafkaClient(this.#client).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // The least that kafkajs takes of an idempotent producer. A second try fails at once: the connections are cut.
      retry: { retries: 1, initialRetryTime: 1, maxRetryTime: 1 },
    });
    // What timed out waits in the socket, and would be sent when the broker wakes, behind our back.
    this.#producer.on(this.#producer.events.REQUEST_TIMEOUT, () => connections.cut());
  }

  /** @throws when no broker answers */
  static async open(options: SessionOptions): Promise<BrokerSession> {
    const session = new BrokerSession(options, new Connections(options.via));
    try {
      await session.#connect();
      return session;
    } catch (thrown) {
      session.close();
      throw thrown;
    }
  }

  /** What the topics hold of this log; from now on they may only grow. @param mark null: nothing is known of them */
  async lastPublished(mark: PublishedMark | null): Promise<Published> {
    const published = new Published();
    await this.#reading(async (reader) => {
      for (const topic of TOPICS) {
        const ends = await reader.endOffsets(topic);
        const starts = await reader.startOffsets(topic);
        for (const partition of new Set(this.#partitionOf.values())) {
          const [start, end] = [starts[partition] ?? 0, ends[partition] ?? 0];
          this.#endOffsets.set(`${topic}/${partition}`, end);
          const marked = mark?.ends[`${topic}/${partition}`];
          const isMarked = mark !== null && marked !== undefined && marked >= start && marked <= end;
          const range = { start: isMarked ? marked : start, end };
          const last = await this.#lastOwn(reader, { topic, partition }, range);
          if (last === null && isMarked) published.setWhole(topic, partition, mark.sequence);
          else published.set(topic, partition, last);
        }
      }
    });
    return published;
  }

  /** Ends of the partitions, by `topic/partition`, as far as they are known to be acknowledged. */
  get ends(): Record<string, number> {
    return Object.fromEntries(this.#endOffsets);
  }

  partitionOf(symbol: string): number {
    const partition = this.#partitionOf.get(symbol);
    if (partition === undefined) throw new Error(`no partition for ${symbol}`);
    return partition;
  }

  /** Resolves when every record is acknowledged. @throws when that is not known: then `look` before sending it again */
  async send(records: readonly EventRecord[]): Promise<void> {
    const topicMessages = TOPICS.map((topic) => ({
      topic,
      messages: records.filter((record) => record.topic === topic).map((record) => this.#message(record)),
    })).filter(({ messages }) => messages.length > 0);
    try {
      this.#acknowledged(await this.#producer.sendBatch({ acks: -1, topicMessages }), records);
    } catch (thrown) {
      this.#connections.cut();
      throw thrown;
    }
  }

  /** After a failed send. Resolves when the broker answers again. @throws TailLost */
  async look(): Promise<void> {
    await this.#reading(async (reader) => {
      for (const topic of TOPICS) {
        for (const [partition, end] of (await reader.endOffsets(topic)).entries()) {
          const expected = this.#endOffsets.get(`${topic}/${partition}`) ?? 0;
          if (end < expected) throw new TailLost(`${topic}/${partition} ends at ${end}, ${expected} were acknowledged`);
        }
      }
    });
    this.#connections.allow();
  }

  close(): void {
    this.#connections.cut();
    // Not awaited: it waits for requests that will never be answered.
    this.#producer.disconnect().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const connections = new Connections(this.#options.via);
    await createTopics(kafkaClient({ ...this.#client, connections }), TOPICS, PARTITIONS).finally(() =>
      connections.cut(),
    );
    await this.#producer.connect();
    await this.#reading(async (reader) => {
      const partition = kafkajs.Partitioners.DefaultPartitioner();
      const partitionMetadata = Array.from({ length: reader.partitionCount(TOPICS[0]) }, (_, partitionId) => {
        return { partitionId, leader: 0, partitionErrorCode: 0, replicas: [], isr: [] };
      });
      for (const symbol of this.#options.symbols) {
        const message = { key: symbol, value: null };
        this.#partitionOf.set(symbol, partition({ topic: TOPICS[0], partitionMetadata, message }));
      }
    });
  }

  /** With connections of its own, so that looking does not depend on what became of the producer's. */
  async #reading(work: (reader: TopicReader) => Promise<void>): Promise<void> {
    const connections = new Connections(this.#options.via);
    try {
      await work(await TopicReader.open({ ...this.#client, connections }, TOPICS));
    } finally {
      connections.cut();
    }
  }

  /** Shards share partitions: the last record of this log's is looked for from the end backwards. */
  async #lastOwn(
    reader: TopicReader,
    at: Place,
    { start, end }: { start: number; end: number },
  ): Promise<EventPlace | null> {
    for (let upTo = end, size = LOOK_BACK_FIRST; upTo > start; size *= 2) {
      const from = Math.max(start, upTo - size);
      const found = await this.#lastOwnBetween(reader, at, { from, upTo });
      if (found !== null) return found;
      upTo = from;
    }
    return null;
  }

  async #lastOwnBetween(
    reader: TopicReader,
    { topic, partition }: Place,
    { from, upTo }: { from: number; upTo: number },
  ): Promise<EventPlace | null> {
    let last: EventPlace | null = null;
    for (let at = from; at < upTo; ) {
      const records = await reader.read(topic, partition, at, READ_WAIT_MS);
      const newest = records.at(-1);
      if (newest === undefined) throw new Error(`${topic}/${partition} gave nothing at ${at}, before its end ${upTo}`);
      for (const record of records) if (record.offset < upTo) last = this.#placeOf(record) ?? last;
      at = newest.offset + 1;
    }
    return last;
  }

  #placeOf({ headers }: TopicRecord): EventPlace | null {
    if (headers[LOG_ID_HEADER]?.toString() !== this.#options.logId) return null;
    return parseEventId(headers[EVENT_ID_HEADER]?.toString() ?? '', this.#options.shardId);
  }

  #message({ key, value, eventId, timeMs }: EventRecord) {
    const headers = { [EVENT_ID_HEADER]: eventId, [LOG_ID_HEADER]: this.#options.logId };
    return { key, value, headers, partition: this.partitionOf(key), timestamp: String(timeMs) };
  }

  #acknowledged(answers: RecordMetadata[], records: readonly EventRecord[]): void {
    for (const { topicName, partition, baseOffset } of answers) {
      const sent = records.filter((one) => one.topic === topicName && this.partitionOf(one.key) === partition).length;
      const key = `${topicName}/${partition}`;
      const expected = this.#endOffsets.get(key) ?? 0;
      const base = Number(baseOffset);
      if (base < expected) throw new TailLost(`${key} went on at ${base}, ${expected} were acknowledged`);
      this.#endOffsets.set(key, base + sent);
    }
  }
}
