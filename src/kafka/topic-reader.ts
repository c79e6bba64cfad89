/** Reads partitions of topics from any offset on, without a consumer group. */
import type Cluster from 'kafkajs/src/cluster/index.js';
import { type ClientOptions, kafkaCluster } from './client.ts';

export interface TopicRecord {
  topic: string;
  partition: number;
  offset: number;
  key: string;
  value: Buffer;
  headers: Record<string, Buffer | undefined>;
}

const LATEST = -1;
const EARLIEST = -2;
const READ_UNCOMMITTED = 0;
const FETCH_BYTES_MAX = 1024 * 1024;

export class TopicReader {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** @throws when no broker answers, or a topic is not there */
  static async open(options: ClientOptions, topics: readonly string[]): Promise<TopicReader> {
    const cluster = kafkaCluster(options);
    await cluster.connect();
    await cluster.addMultipleTargetTopics(topics);
    return new TopicReader(cluster);
  }

  partitionCount(topic: string): number {
    return this.#cluster.findTopicPartitionMetadata(topic).length;
  }

  /** Of each partition, in their order: the offset that the next record will get. */
  endOffsets(topic: string): Promise<number[]> {
    return this.#offsets(topic, LATEST);
  }

  /** Of each partition: the offset of the oldest record that is still there. */
  startOffsets(topic: string): Promise<number[]> {
    return this.#offsets(topic, EARLIEST);
  }

  /** Records from `offset` on, as many as one answer holds; none when nothing comes within the wait. */
  async read(topic: string, partition: number, offset: number, waitMs: number): Promise<TopicRecord[]> {
    const leader = this.#cluster.findTopicPartitionMetadata(topic).find((one) => one.partitionId === partition)?.leader;
    const node = await this.#cluster.findBroker({ nodeId: leader ?? -1 });
    const wanted = { partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES_MAX };
    const { responses } = await node.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      topics: [{ topic, partitions: [wanted] }],
    });
    const messages = responses.flatMap(({ partitions }) => partitions.flatMap((one) => one.messages));
    return messages
      .filter((message) => message.isControlRecord !== true && Number(message.offset) >= offset)
      .map(({ offset: at, key, value, headers }) => {
        const text = key?.toString('utf8') ?? '';
        return { topic, partition, offset: Number(at), key: text, value: value ?? Buffer.alloc(0), headers };
      });
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }

  async #offsets(topic: string, timestamp: number): Promise<number[]> {
    const byLeader = new Map<number, number[]>();
    for (const { partitionId, leader } of this.#cluster.findTopicPartitionMetadata(topic)) {
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partitionId]);
    }
    const offsets: number[] = [];
    for (const [nodeId, partitions] of byLeader) {
      const node = await this.#cluster.findBroker({ nodeId });
      const wanted = partitions.map((partition) => ({ partition, timestamp }));
      const request = { replicaId: -1, isolationLevel: READ_UNCOMMITTED, topics: [{ topic, partitions: wanted }] };
      const { responses } = await node.listOffsets(request);
      for (const { partitions: found } of responses)
        for (const one of found) offsets[one.partition] = Number(one.offset);
    }
    return offsets;
  }
}
