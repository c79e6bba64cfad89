import { describe, expect, it } from 'vitest';
import { decodeSnapshot, encodeSnapshot } from '../../../src/engine/snapshot/snapshot-format.ts';

const head = { shardId: 'a', symbols: ['X', 'Y'], sequence: 2 ** 40, timeMs: 1_764_000_000_000, chain: 0xfedc_ba98 };
const image = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const bytes = Buffer.concat(encodeSnapshot({ ...head, image }));

describe('a snapshot', () => {
  it('is read as it was written', () => {
    const read = decodeSnapshot(bytes);
    expect(read.ok && { ...read.snapshot, image: Uint8Array.from(read.snapshot.image) }).toEqual({ ...head, image });
  });

  it('is not believed with any one bit changed', () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(decodeSnapshot(changed).ok, `byte ${at}`).toBe(false);
    }
  });

  it('is not believed when it is cut, or longer', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      expect(decodeSnapshot(bytes.subarray(0, length)).ok, `${length} bytes`).toBe(false);
    }
    expect(decodeSnapshot(Buffer.concat([bytes, Buffer.alloc(8)])).ok).toBe(false);
  });

  it('of another version is told by it', async () => {
    const { createHash } = await import('node:crypto');
    const newer = Buffer.from(bytes);
    newer.writeUInt32LE(7, 4);
    createHash('sha256')
      .update(newer.subarray(0, -32))
      .digest()
      .copy(newer, newer.length - 32);
    expect(decodeSnapshot(newer)).toEqual({ ok: false, found: 'format version 7', newerVersion: 7 });
  });
});
