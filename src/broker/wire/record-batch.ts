/**
 * A record batch of Kafka's message format 2, the unit that is produced, kept and fetched. The broker reads its header,
 * checks it, gives it its base offset, and keeps the rest byte for byte, compressed or not.
 *
 *   offset bytes field                    offset bytes field
 *        0     8 base offset                  35     8 newest timestamp, epoch milliseconds
 *        8     4 length of what follows       43     8 producer id, -1: none
 *       12     4 leader epoch                 51     2 producer epoch
 *       16     1 magic: 2                     53     4 first sequence number
 *       17     4 CRC-32C of bytes 21 …        57     4 number of records
 *       21     2 attributes                   61     … records
 *       23     4 last offset delta
 *       27     8 first timestamp
 *
 * Base offset and leader epoch stand before what the checksum covers, so that a broker can set them.
 */
import { crc32c } from './crc32c.ts';
import { ERROR } from './error-codes.ts';

export const BATCH_HEADER_BYTES = 61;
/** Kafka's own default, `message.max.bytes`. */
export const BATCH_BYTES_MAX = 1_048_588;

const LENGTH_END = 12;
const MAGIC = 2;
const CRC_FROM = 21;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export interface BatchHeader {
  baseOffset: number;
  /** Whole, with the base offset and the length. */
  bytes: number;
  recordCount: number;
  maxTimestampMs: number;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
}

/** The header at `at`, unchecked but for what its length says; undefined where none fits. */
export function readBatchHeader(file: Buffer, at = 0): BatchHeader | undefined {
  if (at + BATCH_HEADER_BYTES > file.length) return undefined;
  const bytes = LENGTH_END + file.readInt32BE(at + 8);
  if (bytes < BATCH_HEADER_BYTES || bytes > BATCH_BYTES_MAX || file.readInt8(at + 16) !== MAGIC) return undefined;
  return {
    baseOffset: Number(file.readBigInt64BE(at)),
    bytes,
    recordCount: file.readInt32BE(at + 57),
    maxTimestampMs: Number(file.readBigInt64BE(at + 35)),
    producerId: file.readBigInt64BE(at + 43),
    producerEpoch: file.readInt16BE(at + 51),
    firstSequence: file.readInt32BE(at + 53),
  };
}

export function hasRightChecksum(batch: Buffer): boolean {
  return crc32c(batch.subarray(CRC_FROM)) === batch.readUInt32BE(17);
}

/** What is wrong with a batch that a client wants to have kept, as an error code. */
export function refusalOf(batch: Buffer): number {
  if (batch.length > BATCH_BYTES_MAX) return ERROR.messageTooLarge;
  if (batch.length < BATCH_HEADER_BYTES) return ERROR.corruptMessage;
  if (batch.readInt8(16) !== MAGIC) return ERROR.unsupportedForMessageFormat;
  const header = readBatchHeader(batch);
  if (header === undefined || !hasRightChecksum(batch)) return ERROR.corruptMessage;
  // One batch a partition and request, as Kafka has it since format 2.
  if (header.bytes !== batch.length) return ERROR.invalidRecord;
  if (header.recordCount < 1 || batch.readInt32BE(23) !== header.recordCount - 1) return ERROR.invalidRecord;
  if ((batch.readInt16BE(21) & (TRANSACTIONAL | CONTROL)) !== 0) return ERROR.unsupportedVersion;
  return ERROR.none;
}

/** The batch as it is kept: with its offset, and of this leader's first epoch. */
export function withBaseOffset(batch: Buffer, baseOffset: number): Buffer {
  const kept = Buffer.from(batch);
  kept.writeBigInt64BE(BigInt(baseOffset), 0);
  kept.writeInt32BE(0, LENGTH_END);
  return kept;
}
