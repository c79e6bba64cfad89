/**
 * The first block of a segment: whose log it is, and how it goes on from the segment before.
 *
 *   offset  bytes  field                             all integers little-endian
 *        0      4  magic "MEXS"
 *        4      4  format version
 *        8      4  length of the JSON that follows
 *       12      4  crc32 of bytes 0–11 and of the JSON
 *       16      …  JSON {shardId, symbols, segment, firstSequence, previousCrc}
 *        …      …  zeros up to 4096, or to a multiple of it
 */
import { crc32 } from 'node:zlib';
import { BLOCK_BYTES, FORMAT_VERSION, roundUpToBlock } from './frame.ts';

const MAGIC = 0x5358454d;
const JSON_OFFSET = 16;
/** More symbols than this could hold are no shard. */
const HEADER_BYTES_MAX = 256 * BLOCK_BYTES;

export interface SegmentHeader {
  shardId: string;
  symbols: string[];
  /** 1, 2, 3 … without gaps. */
  segment: number;
  firstSequence: number;
  /** Header checksum of the last frame before this segment, 0 for none. */
  previousCrc: number;
}

export type SegmentHeaderRead =
  | { ok: true; header: SegmentHeader; bytes: number }
  | { ok: false; found: string; newerVersion?: number };

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const block = Buffer.alloc(roundUpToBlock(JSON_OFFSET + json.length));
  block.writeUInt32LE(MAGIC, 0);
  block.writeUInt32LE(FORMAT_VERSION, 4);
  block.writeUInt32LE(json.length, 8);
  block.writeUInt32LE(crc32(json, crc32(block.subarray(0, 12))), 12);
  json.copy(block, JSON_OFFSET);
  return block;
}

export function readSegmentHeader(file: Buffer): SegmentHeaderRead {
  if (file.length < BLOCK_BYTES) return { ok: false, found: `${file.length} bytes` };
  if (file.readUInt32LE(0) !== MAGIC) return { ok: false, found: 'no segment header' };
  const version = file.readUInt32LE(4);
  const jsonBytes = file.readUInt32LE(8);
  const bytes = roundUpToBlock(JSON_OFFSET + jsonBytes);
  if (bytes > HEADER_BYTES_MAX || bytes > file.length) return { ok: false, found: 'a header cut short' };
  const json = file.subarray(JSON_OFFSET, JSON_OFFSET + jsonBytes);
  if (crc32(json, crc32(file.subarray(0, 12))) !== file.readUInt32LE(12)) {
    return { ok: false, found: 'a header whose checksum does not match' };
  }
  if (version > FORMAT_VERSION) return { ok: false, found: `format version ${version}`, newerVersion: version };
  return { ok: true, header: JSON.parse(json.toString()) as SegmentHeader, bytes };
}
