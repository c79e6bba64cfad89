/**
 * The frames of a WebSocket (RFC 6455), as bytes in a row: the client's side, without extensions. A message is handed on in
 * pieces as they come, so nothing is held here but the head of a frame and what a control frame says. Pure, but for the
 * masks of what is sent. The WebSocket of undici tells messages as events, whole, and so cannot hold a server back.
 */
import { randomBytes } from 'node:crypto';

export type Piece =
  /** `starts`: it is the first of its message. */
  { kind: 'data'; starts: boolean; bytes: Buffer } | { kind: 'ping' | 'close'; bytes: Buffer };

export const OPCODE = { binary: 2, close: 8, ping: 9, pong: 10 } as const;
const CONTINUATION = 0;
const TEXT = 1;
const FIN = 0x80;
const MASKED = 0x80;
/** Longer ones have their length behind the head, in 2 or 8 bytes. */
const LENGTH_IN_HEAD_MAX = 125;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

/** One whole message or control frame, masked, as a client must. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const wide = payload.length > LENGTH_IN_HEAD_MAX;
  const head = Buffer.alloc(wide ? 10 : 2);
  head.writeUInt8(FIN | opcode, 0);
  head.writeUInt8(MASKED | (wide ? LENGTH_IN_64_BITS : payload.length), 1);
  if (wide) head.writeBigUInt64BE(BigInt(payload.length), 2);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index++) masked[index] = (masked[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

/** What a server sends, piece by piece. @throws Error where it does not speak the protocol */
export class FrameReader {
  /** The beginning of a frame whose head, or whose control message, is not whole yet. */
  #held: Buffer = Buffer.alloc(0);
  /** Of the data frame that is being read. */
  #leftBytes = 0;
  #startsMessage = false;

  *read(chunk: Buffer): Generator<Piece> {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#leftBytes > 0) {
        const bytes = rest.subarray(0, this.#leftBytes);
        rest = rest.subarray(bytes.length);
        this.#leftBytes -= bytes.length;
        yield { kind: 'data', starts: this.#startsMessage, bytes };
        this.#startsMessage = false;
        continue;
      }
      const head = headOf(rest);
      const isControl = head !== undefined && head.opcode >= OPCODE.close;
      if (head === undefined || (isControl && rest.length < head.sizeBytes + head.payloadBytes)) {
        this.#held = Buffer.from(rest);
        return;
      }
      const { opcode, sizeBytes, payloadBytes } = head;
      if (isControl) {
        const bytes = rest.subarray(sizeBytes, sizeBytes + payloadBytes);
        rest = rest.subarray(sizeBytes + payloadBytes);
        if (opcode === OPCODE.ping) yield { kind: 'ping', bytes };
        if (opcode === OPCODE.close) yield { kind: 'close', bytes };
        continue;
      }
      rest = rest.subarray(sizeBytes);
      this.#leftBytes = payloadBytes;
      this.#startsMessage = opcode !== CONTINUATION;
    }
  }
}

interface Head {
  opcode: number;
  sizeBytes: number;
  payloadBytes: number;
}

/** Undefined: more bytes are needed. */
function headOf(bytes: Buffer): Head | undefined {
  if (bytes.length < 2) return undefined;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const second = bytes.readUInt8(1);
  if ((second & MASKED) !== 0) throw new Error('the server masks what it sends');
  if ((bytes.readUInt8(0) & 0x70) !== 0) throw new Error('the server uses an extension that was not agreed upon');
  const isKnown = opcode <= OPCODE.binary || (opcode >= OPCODE.close && opcode <= OPCODE.pong);
  if (!isKnown || opcode === TEXT) throw new Error(`the server sent a frame of kind ${opcode}`);
  if (second <= LENGTH_IN_HEAD_MAX) return { opcode, sizeBytes: 2, payloadBytes: second };
  if (opcode >= OPCODE.close) throw new Error('the server sent a control frame that is too long');
  if (second === LENGTH_IN_16_BITS) {
    return bytes.length < 4 ? undefined : { opcode, sizeBytes: 4, payloadBytes: bytes.readUInt16BE(2) };
  }
  return bytes.length < 10 ? undefined : { opcode, sizeBytes: 10, payloadBytes: Number(bytes.readBigUInt64BE(2)) };
}
