/**
 * A batch on disk: the unit of write, sync and checksum, padded to the 4096 bytes a page cache writes, so that no
 * acknowledged byte is ever written again.
 *
 *   offset  bytes  field                                         all integers little-endian
 *        0      4  magic "MEXF"
 *        4      4  payload length, bounded
 *        8      8  sequence of the first command
 *       16      8  last sequence known to be synced when this frame was written: tells torn from rotten
 *       24      8  batch time, epoch milliseconds, never less than in the frame before: the clock of matching
 *       32      8  digest of the state before these commands: each frame is a checkpoint that a replay must meet
 *       40      4  number of commands; 0: a seal, which says that all before it is synced
 *       44      4  id of the segment
 *       48      4  epoch
 *       52      4  header crc of the frame before: the chain
 *       56      4  crc32 of the payload
 *       60      4  header crc: crc32 of bytes 0–59
 *       64      …  payload: records, as `record.ts` draws them; then zeros
 */
import { strict as assert } from 'node:assert';
import { crc32 } from 'node:zlib';
import { SEED_BODY_BYTES_MAX } from '../../protocol/orders.ts';

export const BLOCK_BYTES = 4096;
export const FORMAT_VERSION = 2;
export const PAYLOAD_OFFSET = 64;
/** The largest seed is smaller as records than as JSON; a wild length never allocates more. */
export const PAYLOAD_BYTES_MAX = 2 * SEED_BODY_BYTES_MAX;

const MAGIC = 0x4658454d;
const HEADER_CRC_OFFSET = 60;

export interface FrameHeader {
  firstSequence: number;
  durableSequence: number;
  timeMs: number;
  digest: Uint32Array;
  count: number;
  segmentId: number;
  epoch: number;
  previousCrc: number;
}

export interface Frame extends FrameHeader {
  payload: Buffer;
  /** Header checksum, which the next frame repeats. */
  crc: number;
  /** With padding. */
  bytes: number;
}

export type FrameRead = { ok: true; frame: Frame } | { ok: false; found: string };

export function roundUpToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Puts the header before a payload that stands at `PAYLOAD_OFFSET` of the frame. Returns its checksum. */
export function writeFrameHeader(frame: Buffer, payloadBytes: number, header: FrameHeader): number {
  assert(payloadBytes <= PAYLOAD_BYTES_MAX, `payload of ${payloadBytes} bytes`);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(payloadBytes, 4);
  writeUInt53(frame, header.firstSequence, 8);
  writeUInt53(frame, header.durableSequence, 16);
  writeUInt53(frame, header.timeMs, 24);
  frame.writeUInt32LE(header.digest[0] ?? 0, 32);
  frame.writeUInt32LE(header.digest[1] ?? 0, 36);
  frame.writeUInt32LE(header.count, 40);
  frame.writeUInt32LE(header.segmentId, 44);
  frame.writeUInt32LE(header.epoch, 48);
  frame.writeUInt32LE(header.previousCrc, 52);
  frame.writeUInt32LE(crc32(frame.subarray(PAYLOAD_OFFSET, PAYLOAD_OFFSET + payloadBytes)), 56);
  const crc = crc32(frame.subarray(0, HEADER_CRC_OFFSET));
  frame.writeUInt32LE(crc, HEADER_CRC_OFFSET);
  return crc;
}

/** The frame at `offset`, or what is there in its place. The header is checked before its length is believed. */
export function readFrame(file: Buffer, offset: number): FrameRead {
  if (offset + BLOCK_BYTES > file.length) return { ok: false, found: `${file.length - offset} bytes` };
  if (file.readUInt32LE(offset) !== MAGIC) return { ok: false, found: 'no frame header' };
  const crc = file.readUInt32LE(offset + HEADER_CRC_OFFSET);
  if (crc32(file.subarray(offset, offset + HEADER_CRC_OFFSET)) !== crc) {
    return { ok: false, found: 'a header whose checksum does not match' };
  }
  const payloadBytes = file.readUInt32LE(offset + 4);
  if (payloadBytes > PAYLOAD_BYTES_MAX) return { ok: false, found: `a payload of ${payloadBytes} bytes` };
  const bytes = roundUpToBlock(PAYLOAD_OFFSET + payloadBytes);
  if (offset + bytes > file.length) return { ok: false, found: 'a frame cut short' };
  const payload = file.subarray(offset + PAYLOAD_OFFSET, offset + PAYLOAD_OFFSET + payloadBytes);
  if (crc32(payload) !== file.readUInt32LE(offset + 56)) {
    return { ok: false, found: 'a payload whose checksum does not match' };
  }
  const frame: Frame = {
    firstSequence: Number(file.readBigUInt64LE(offset + 8)),
    durableSequence: Number(file.readBigUInt64LE(offset + 16)),
    timeMs: Number(file.readBigUInt64LE(offset + 24)),
    digest: Uint32Array.of(file.readUInt32LE(offset + 32), file.readUInt32LE(offset + 36)),
    count: file.readUInt32LE(offset + 40),
    segmentId: file.readUInt32LE(offset + 44),
    epoch: file.readUInt32LE(offset + 48),
    previousCrc: file.readUInt32LE(offset + 52),
    payload,
    crc,
    bytes,
  };
  return { ok: true, frame };
}

function writeUInt53(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value >>> 0, offset);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
}
