/** The topics in the broker's folder: `TOPIC-PARTITION.log`, a file a partition. What is there is what exists. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR } from '../wire/error-codes.ts';
import { refusalOf } from '../wire/record-batch.ts';
import { type Appended, PartitionLog } from './partition-log.ts';

const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/;
const FILE_NAME = /^([A-Za-z0-9._-]{1,200})-(\d{1,4})\.log$/;
const PARTITIONS_MAX = 100;
const TOPICS_MAX = 100;

export class Topics {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #topics = new Map<string, PartitionLog[]>();
  readonly #appends = new EventEmitter().setMaxListeners(0);

  /** @param bytesMax of all partitions together: then nothing more is taken */
  constructor(folder: string, bytesMax: number) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    mkdirSync(folder, { recursive: true });
    const files = readdirSync(folder).flatMap((name) => {
      const [, topic, partition] = FILE_NAME.exec(name) ?? [];
      return topic === undefined ? [] : [{ topic, partition: Number(partition) }];
    });
    for (const { topic, partition } of files.sort((left, right) => left.partition - right.partition)) {
      const partitions = this.#topics.get(topic) ?? [];
      // A hole was left by a creation that was cut short: the rest is made again with the next one.
      if (partition === partitions.length) partitions.push(new PartitionLog(this.#path(topic, partition)));
      this.#topics.set(topic, partitions);
    }
  }

  names(): string[] {
    return [...this.#topics.keys()].sort();
  }

  partitions(topic: string): readonly PartitionLog[] | undefined {
    return this.#topics.get(topic);
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.[partition];
  }

  /** Returns an error code. */
  create(topic: string, partitionCount: number): number {
    if (!TOPIC_NAME.test(topic)) return ERROR.invalidTopic;
    if (this.#topics.has(topic)) return ERROR.topicAlreadyExists;
    if (partitionCount < 1 || partitionCount > PARTITIONS_MAX || this.#topics.size >= TOPICS_MAX) {
      return ERROR.invalidPartitions;
    }
    try {
      const partitions = Array.from(
        { length: partitionCount },
        (_, index) => new PartitionLog(this.#path(topic, index)),
      );
      this.#topics.set(topic, partitions);
      return ERROR.none;
    } catch {
      return ERROR.storageError;
    }
  }

  /** Returns an error code. */
  remove(topic: string): number {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined) return ERROR.unknownTopicOrPartition;
    this.#topics.delete(topic);
    for (const [index, partition] of partitions.entries()) {
      partition.close();
      rmSync(this.#path(topic, index), { force: true });
    }
    return ERROR.none;
  }

  append(topic: string, partition: number, batch: Buffer): Appended {
    const log = this.partition(topic, partition);
    if (log === undefined) return { code: ERROR.unknownTopicOrPartition, baseOffset: -1 };
    const code = refusalOf(batch);
    if (code !== ERROR.none) return { code, baseOffset: -1 };
    if (this.#bytes() + batch.length > this.#bytesMax) return { code: ERROR.storageError, baseOffset: -1 };
    const appended = log.append(batch);
    this.#appends.emit('append');
    return appended;
  }

  /** Resolves with the next append, or after so long. */
  nextAppend(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#appends.off('append', done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#appends.once('append', done);
    });
  }

  highestProducerId(): bigint {
    const ids = [...this.#topics.values()].flat().map(({ producers }) => producers.highestId);
    return ids.reduce((highest, id) => (id > highest ? id : highest), -1n);
  }

  close(): void {
    for (const partition of [...this.#topics.values()].flat()) partition.close();
    this.#topics.clear();
  }

  #bytes(): number {
    let bytes = 0;
    for (const partitions of this.#topics.values()) for (const partition of partitions) bytes += partition.bytes;
    return bytes;
  }

  #path(topic: string, partition: number): string {
    return join(this.#folder, `${topic}-${partition}.log`);
  }
}
