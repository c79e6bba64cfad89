/**
 * A batch on disk: the unit of write, sync and checksum, padded to the 4096 bytes a page cache writes, so that no
 * acknowledged byte is ever written again.
 *
 *   offset  bytes  field                                         all integers little-endian
 *        0      4  magic "MEXF"
 *        4      4  format version
 *        8      4  payload length, bounded
 *       12      4  number of commands
 *       16      8  sequence of the first command
 *       24      8  last sequence known to be synced when this frame was written: tells torn from rotten
 *       32      8  batch time, epoch milliseconds, never less than in the frame before
 *       40      4  header crc of the frame before: the chain
 *       44      4  crc32 of the payload
 *       48      4  header crc: crc32 of bytes 0–47
 *       52      …  payload, then zeros
 */
import { strict as assert } from 'node:assert';
import { crc32 } from 'node:zlib';
import { SEED_BODY_BYTES_MAX } from '../../protocol/orders.ts';

export const BLOCK_BYTES = 4096;
export const FORMAT_VERSION = 1;
/** A seed of the largest body and a batch of orders beside it: a wild length never allocates more. */
export const PAYLOAD_BYTES_MAX = 2 * SEED_BODY_BYTES_MAX;

const MAGIC = 0x4658454d;
const HEADER_CRC_OFFSET = 48;
const PAYLOAD_OFFSET = 52;

export interface FrameHeader {
  count: number;
  firstSequence: number;
  durableSequence: number;
  timeMs: number;
  previousCrc: number;
}

export interface Frame extends FrameHeader {
  payload: Buffer;
  /** Header checksum, which the next frame repeats. */
  crc: number;
  /** With padding. */
  bytes: number;
}

export type FrameRead = { ok: true; frame: Frame } | { ok: false; found: string; newerVersion?: number };

export function roundUpToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

export function encodeFrame(header: FrameHeader, payload: Buffer): { bytes: Buffer; crc: number } {
  assert(payload.length <= PAYLOAD_BYTES_MAX, `payload of ${payload.length} bytes`);
  const bytes = Buffer.alloc(roundUpToBlock(PAYLOAD_OFFSET + payload.length));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(FORMAT_VERSION, 4);
  bytes.writeUInt32LE(payload.length, 8);
  bytes.writeUInt32LE(header.count, 12);
  bytes.writeBigUInt64LE(BigInt(header.firstSequence), 16);
  bytes.writeBigUInt64LE(BigInt(header.durableSequence), 24);
  bytes.writeBigUInt64LE(BigInt(header.timeMs), 32);
  bytes.writeUInt32LE(header.previousCrc, 40);
  bytes.writeUInt32LE(crc32(payload), 44);
  const crc = crc32(bytes.subarray(0, HEADER_CRC_OFFSET));
  bytes.writeUInt32LE(crc, HEADER_CRC_OFFSET);
  payload.copy(bytes, PAYLOAD_OFFSET);
  return { bytes, crc };
}

/** The frame at `offset`, or what is there in its place. The header is checked before its length is believed. */
export function readFrame(file: Buffer, offset: number): FrameRead {
  if (offset + BLOCK_BYTES > file.length) return { ok: false, found: `${file.length - offset} bytes` };
  if (file.readUInt32LE(offset) !== MAGIC) return { ok: false, found: 'no frame header' };
  const crc = file.readUInt32LE(offset + HEADER_CRC_OFFSET);
  if (crc32(file.subarray(offset, offset + HEADER_CRC_OFFSET)) !== crc) {
    return { ok: false, found: 'a header whose checksum does not match' };
  }
  const version = file.readUInt32LE(offset + 4);
  if (version > FORMAT_VERSION) return { ok: false, found: `format version ${version}`, newerVersion: version };
  const payloadBytes = file.readUInt32LE(offset + 8);
  if (payloadBytes > PAYLOAD_BYTES_MAX) return { ok: false, found: `a payload of ${payloadBytes} bytes` };
  const bytes = roundUpToBlock(PAYLOAD_OFFSET + payloadBytes);
  if (offset + bytes > file.length) return { ok: false, found: 'a frame cut short' };
  const payload = file.subarray(offset + PAYLOAD_OFFSET, offset + PAYLOAD_OFFSET + payloadBytes);
  if (crc32(payload) !== file.readUInt32LE(offset + 44)) {
    return { ok: false, found: 'a payload whose checksum does not match' };
  }
  const frame: Frame = {
    count: file.readUInt32LE(offset + 12),
    firstSequence: Number(file.readBigUInt64LE(offset + 16)),
    durableSequence: Number(file.readBigUInt64LE(offset + 24)),
    timeMs: Number(file.readBigUInt64LE(offset + 32)),
    previousCrc: file.readUInt32LE(offset + 40),
    payload,
    crc,
    bytes,
  };
  return { ok: true, frame };
}
