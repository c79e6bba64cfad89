/**
 * How a segment begins: whose it is, and where it goes on from. Padded to whole blocks; written before the segment gets
 * its name, so a segment always has one.
 *
 *   offset  bytes  field                                         all integers little-endian
 *        0      4  magic "MEXW"
 *        4      4  format version
 *        8      4  length of the content
 *       12      4  crc32 of bytes 0–11 and of the content
 *       16      …  content, JSON, then zeros
 */
import { crc32 } from 'node:zlib';
import { BLOCK_BYTES, FORMAT_VERSION, roundUpToBlock } from './frame.ts';

export interface SegmentHeader {
  shardId: string;
  /** What the symbols of its records mean, by index. */
  symbols: string[];
  /** Random: bytes of an older file, or of another segment, are not taken for its own. */
  segmentId: number;
  epoch: number;
  firstSequence: number;
  /** Header checksum of the last frame before it: ends the segment before explicitly. */
  previousCrc: number;
  createdAtMs: number;
}

export type SegmentHeaderRead =
  | { ok: true; header: SegmentHeader; bytes: number }
  | { ok: false; found: string; otherVersion?: number };

const MAGIC = 0x5758454d;
const CONTENT_OFFSET = 16;
/** 1,000 symbols of 32 characters are less than 40 KiB. */
const CONTENT_BYTES_MAX = 256 * 1024;

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const content = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(roundUpToBlock(CONTENT_OFFSET + content.length));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(FORMAT_VERSION, 4);
  bytes.writeUInt32LE(content.length, 8);
  bytes.writeUInt32LE(crc32(content, crc32(bytes.subarray(0, 12))), 12);
  content.copy(bytes, CONTENT_OFFSET);
  return bytes;
}

export function readSegmentHeader(file: Buffer): SegmentHeaderRead {
  if (file.length < BLOCK_BYTES) return { ok: false, found: `${file.length} bytes` };
  if (file.readUInt32LE(0) !== MAGIC) return { ok: false, found: 'no segment header' };
  const length = file.readUInt32LE(8);
  if (length > CONTENT_BYTES_MAX) return { ok: false, found: `a header of ${length} bytes` };
  const content = file.subarray(CONTENT_OFFSET, CONTENT_OFFSET + length);
  if (crc32(content, crc32(file.subarray(0, 12))) !== file.readUInt32LE(12)) {
    return { ok: false, found: 'a header whose checksum does not match' };
  }
  const version = file.readUInt32LE(4);
  if (version !== FORMAT_VERSION) return { ok: false, found: `format version ${version}`, otherVersion: version };
  const header = JSON.parse(content.toString()) as SegmentHeader;
  return { ok: true, header, bytes: roundUpToBlock(CONTENT_OFFSET + length) };
}
