/** Record batches as a producer makes them, for tests of the broker. */
import { crc32c } from '../../src/broker/wire/crc32c.ts';
import { BATCH_HEADER_BYTES } from '../../src/broker/wire/record-batch.ts';

export interface BatchContent {
  producerId?: bigint;
  producerEpoch?: number;
  firstSequence?: number;
  recordCount?: number;
  timestampMs?: number;
  attributes?: number;
  payload?: string;
}

export function recordBatch(content: BatchContent = {}): Buffer {
  const { producerId = -1n, producerEpoch = 0, firstSequence = -1, recordCount = 1, timestampMs = 1_000 } = content;
  const payload = Buffer.from(content.payload ?? 'records');
  const batch = Buffer.alloc(BATCH_HEADER_BYTES + payload.length);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(content.attributes ?? 0, 21);
  batch.writeInt32BE(recordCount - 1, 23);
  batch.writeBigInt64BE(BigInt(timestampMs), 27);
  batch.writeBigInt64BE(BigInt(timestampMs), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(recordCount, 57);
  payload.copy(batch, BATCH_HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
