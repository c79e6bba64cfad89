/**
 * A snapshot as bytes: the state after a sequence, and where the log goes on behind it.
 *
 *   offset  bytes  field                                         all integers little-endian
 *        0      4  magic "MEXS"
 *        4      4  format version
 *        8      4  length of the head, JSON: `SnapshotHead`
 *       12      4  zero
 *       16      8  length of the image
 *       24      …  head, image (`state-image.ts`)
 *      end     32  SHA-256 of everything before
 */
import { createHash } from 'node:crypto';

export const SNAPSHOT_VERSION = 1;

export interface SnapshotHead {
  shardId: string;
  symbols: string[];
  /** The last command that the image holds: always the last of a segment. */
  sequence: number;
  timeMs: number;
  /** Chain value of the last frame: the next segment's header repeats it. */
  chain: number;
}

export interface Snapshot extends SnapshotHead {
  image: Uint8Array;
}

/** What is wrong is told in words. `newerVersion`: it is whole, but for another mex. */
export type SnapshotRead = { ok: true; snapshot: Snapshot } | { ok: false; found: string; newerVersion?: number };

const MAGIC = 0x5358454d;
const HEAD_OFFSET = 24;
const HASH_BYTES = 32;

export function encodeSnapshot({ image, ...head }: Snapshot): Buffer[] {
  const headBytes = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(HEAD_OFFSET);
  start.writeUInt32LE(MAGIC, 0);
  start.writeUInt32LE(SNAPSHOT_VERSION, 4);
  start.writeUInt32LE(headBytes.length, 8);
  start.writeBigUInt64LE(BigInt(image.length), 16);
  const parts = [start, headBytes, Buffer.from(image.buffer, image.byteOffset, image.length)];
  return [...parts, hashOf(parts)];
}

export function decodeSnapshot(bytes: Buffer): SnapshotRead {
  if (bytes.length < HEAD_OFFSET + HASH_BYTES) return { ok: false, found: `${bytes.length} bytes` };
  if (bytes.readUInt32LE(0) !== MAGIC) return { ok: false, found: 'no snapshot' };
  const content = bytes.subarray(0, -HASH_BYTES);
  if (!hashOf([content]).equals(bytes.subarray(-HASH_BYTES)))
    return { ok: false, found: 'a checksum that does not match' };
  const version = bytes.readUInt32LE(4);
  if (version !== SNAPSHOT_VERSION) return { ok: false, found: `format version ${version}`, newerVersion: version };
  const imageOffset = HEAD_OFFSET + bytes.readUInt32LE(8);
  const head = JSON.parse(bytes.toString('utf8', HEAD_OFFSET, imageOffset)) as SnapshotHead;
  return { ok: true, snapshot: { ...head, image: content.subarray(imageOffset) } };
}

function hashOf(parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
