/** The frames of a WebSocket: whatever the pieces in which they arrive, the messages in them are the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frameOf, OPCODE, type Piece } from '../../src/kubernetes/web-socket-frames.ts';

/** As a server sends it: not masked. */
function served(firstByte: number, payload: Buffer, lengthBytes: 0 | 2 | 8 = payload.length > 125 ? 8 : 0): Buffer {
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = firstByte;
  head[1] = lengthBytes === 0 ? payload.length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) head.writeUInt16BE(payload.length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

function readAll(bytes: Buffer, cuts: readonly number[]): Piece[] {
  const reader = new FrameReader();
  const at = [0, ...cuts.toSorted((left, right) => left - right), bytes.length];
  return at.slice(1).flatMap((end, index) => [...reader.read(bytes.subarray(at[index], end))]);
}

/** Pieces put together to messages. */
function messagesOf(pieces: readonly Piece[]): string[] {
  const messages: string[] = [];
  for (const piece of pieces) {
    const text = piece.bytes.toString('latin1');
    if (piece.kind !== 'data') messages.push(`${piece.kind} ${text}`);
    else if (piece.starts) messages.push(text);
    else messages.push(`${messages.pop()}${text}`);
  }
  return messages;
}

describe('frames of a server', () => {
  it('give the same messages wherever they are cut', () => {
    const lengths = [0, 2, 8] as const;
    const frame = fc.record({ size: fc.integer({ min: 1, max: 300 }), wide: fc.constantFrom(...lengths) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(3_000), { maxLength: 20 }), (frames, cuts) => {
        const payloads = frames.map(({ size }, index) => Buffer.alloc(size, 97 + index));
        const bytes = Buffer.concat(
          payloads.map((payload, index) => {
            const wide = frames[index]?.wide ?? 0;
            return served(0x82, payload, payload.length > 125 && wide === 0 ? 2 : wide);
          }),
        );
        const pieces = readAll(
          bytes,
          cuts.map((cut) => Math.min(cut, bytes.length)),
        );
        expect(messagesOf(pieces)).toEqual(payloads.map(String));
      }),
    );
  });

  it('that continue a message are told from those that begin one, and pings between them are told', () => {
    const bytes = Buffer.concat([
      served(0x02, Buffer.from('one')),
      served(0x89, Buffer.from('?')),
      served(0x80, Buffer.from('-more')),
      served(0x88, Buffer.from([0x03, 0xe8])),
    ]);
    const pieces = readAll(bytes, []).map((piece) => ({ ...piece, bytes: piece.bytes.toString('latin1') }));
    expect(pieces).toEqual([
      { kind: 'data', starts: true, bytes: 'one' },
      { kind: 'ping', bytes: '?' },
      { kind: 'data', starts: false, bytes: '-more' },
      { kind: 'close', bytes: '\u0003è' },
    ]);
  });

  it.each([
    ['are masked', Buffer.from([0x82, 0x81, 0, 0, 0, 0, 0])],
    ['use an extension', Buffer.from([0xc2, 0x01, 0])],
    ['are text', Buffer.from([0x81, 0x01, 97])],
    ['are of no known kind', Buffer.from([0x83, 0x01, 97])],
    ['control with more than they may', Buffer.from([0x89, 126, 0, 200])],
  ])('that %s are refused', (_what, bytes) => {
    expect(() => readAll(bytes, [])).toThrow(/^the server /);
  });
});

describe('a frame of a client', () => {
  it.each([0, 1, 125, 126, 70_000])('of %i bytes is masked, and holds them', (size) => {
    const payload = Buffer.alloc(size, 'abc');
    const frame = frameOf(OPCODE.binary, payload);
    const head = size > 125 ? 10 : 2;
    expect(frame[0]).toBe(0x82);
    expect((frame[1] ?? 0) & 0x80).toBe(0x80);
    expect(size > 125 ? Number(frame.readBigUInt64BE(2)) : (frame[1] ?? 0) & 0x7f).toBe(size);
    const mask = frame.subarray(head, head + 4);
    const unmasked = frame.subarray(head + 4).map((byte, index) => byte ^ (mask[index & 3] ?? 0));
    expect(Buffer.from(unmasked).equals(payload)).toBe(true);
  });
});
