import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PartitionLog } from '../../src/broker/log/partition-log.ts';
import { Topics } from '../../src/broker/log/topics.ts';
import { ERROR } from '../../src/broker/wire/error-codes.ts';
import { readBatchHeader } from '../../src/broker/wire/record-batch.ts';
import { recordBatch } from './batches.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mex-broker-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const payloadsOf = (bytes: Buffer): string[] => {
  const payloads: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    if (header === undefined || at + header.bytes > bytes.length) break;
    payloads.push(bytes.subarray(at + 61, at + header.bytes).toString());
    at += header.bytes;
  }
  return payloads;
};

const filled = (log: PartitionLog, count: number): void => {
  for (let index = 0; index < count; index++) {
    log.append(recordBatch({ recordCount: 2, payload: `batch ${index}`, timestampMs: 1_000 + index }));
  }
};

describe('a partition', () => {
  it('gives what was appended, from the batch that holds an offset on', () => {
    const log = new PartitionLog(join(temporaryFolder(), 'p'));
    filled(log, 1_000);
    expect(log.endOffset).toBe(2_000);
    expect(payloadsOf(log.read(0, 200))).toEqual(['batch 0', 'batch 1']);
    expect(payloadsOf(log.read(1_501, 200))).toEqual(['batch 750', 'batch 751']);
    expect(payloadsOf(log.read(1_998, 1))).toEqual(['batch 999']);
    expect(log.read(2_000, 200)).toHaveLength(0);
    expect(log.offsetAt(1_500)).toEqual({ offset: 1_000, timestampMs: 1_500 });
    expect(log.offsetAt(9_000)).toBeUndefined();
    log.close();
  });

  it('is the same after a restart, and cuts off what was not whole', () => {
    const path = join(temporaryFolder(), 'p');
    const log = new PartitionLog(path);
    filled(log, 3);
    log.close();
    const whole = readFileSync(path);
    appendFileSync(path, recordBatch().subarray(0, 40));
    const again = new PartitionLog(path);
    expect([again.endOffset, readFileSync(path)]).toEqual([6, whole]);
    again.close();
    truncateSync(path, whole.length - 1);
    const shorter = new PartitionLog(path);
    expect([shorter.endOffset, payloadsOf(shorter.read(0, 1_000))]).toEqual([4, ['batch 0', 'batch 1']]);
    shorter.close();
  });

  it('keeps a batch once that an idempotent producer sends again, also over a restart', () => {
    const path = join(temporaryFolder(), 'p');
    const log = new PartitionLog(path);
    const sent = (firstSequence: number, rest = {}) =>
      recordBatch({ producerId: 7n, firstSequence, recordCount: 3, ...rest });
    expect(log.append(sent(0))).toEqual({ code: ERROR.none, baseOffset: 0 });
    expect(log.append(sent(3))).toEqual({ code: ERROR.none, baseOffset: 3 });
    expect(log.append(sent(0))).toEqual({ code: ERROR.none, baseOffset: 0 });
    log.close();
    const again = new PartitionLog(path);
    expect(again.append(sent(3))).toEqual({ code: ERROR.none, baseOffset: 3 });
    expect(again.append(sent(9)).code).toBe(ERROR.outOfOrderSequence);
    expect(again.append(sent(1)).code).toBe(ERROR.duplicateSequence);
    expect(again.append(sent(0, { producerEpoch: 1 }))).toEqual({ code: ERROR.none, baseOffset: 6 });
    expect(again.append(sent(6)).code).toBe(ERROR.invalidProducerEpoch);
    expect(again.endOffset).toBe(9);
    again.close();
  });
});

describe('the topics', () => {
  it('take nothing more when their space is used up', () => {
    const batch = recordBatch();
    const topics = new Topics(temporaryFolder(), batch.length * 2);
    expect(topics.create('t', 1)).toBe(ERROR.none);
    const codes = [1, 2, 3].map(() => topics.append('t', 0, batch).code);
    expect(codes).toEqual([ERROR.none, ERROR.none, ERROR.storageError]);
    topics.close();
  });

  it('are made by request alone, once, with names and numbers that can be', () => {
    const folder = temporaryFolder();
    const topics = new Topics(folder, 1e6);
    expect(topics.append('t', 0, recordBatch()).code).toBe(ERROR.unknownTopicOrPartition);
    expect(topics.create('t', 3)).toBe(ERROR.none);
    expect(topics.create('t', 3)).toBe(ERROR.topicAlreadyExists);
    expect(topics.create('../t', 1)).toBe(ERROR.invalidTopic);
    expect(topics.create('u', 0)).toBe(ERROR.invalidPartitions);
    topics.close();
    const again = new Topics(folder, 1e6);
    expect([again.names(), again.partitions('t')?.length]).toEqual([['t'], 3]);
    again.close();
  });
});
