/** Reads a JSON body up to a limit: refused by its declared length before a byte is read, and counted while reading. */
import type { IncomingMessage } from 'node:http';
import type { Refusal } from './json-server.ts';

/** `body` is called once, with the bytes or why there are none; never when the client goes away. */
export function readBody(request: IncomingMessage, bytesMax: number, done: (body: Buffer | Refusal) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    done(tooLarge(bytesMax));
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) {
      chunks.push(chunk);
      return;
    }
    request.removeAllListeners('data').removeAllListeners('end').pause();
    done(tooLarge(bytesMax));
  });
  request.on('end', () => done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
}

/** Why a body of this type is not read, or `null`. */
export function mediaTypeRefusal(request: IncomingMessage): Refusal | null {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' ? null : { httpStatus: 415, reason: 'Content-Type must be application/json' };
}

export function parseJson(body: Buffer): { value: unknown } | Refusal {
  try {
    return { value: JSON.parse(body.toString()) as unknown };
  } catch {
    return { httpStatus: 400, reason: 'Malformed JSON' };
  }
}

/** The rest of the body is not wanted: the connection ends with the answer. */
function tooLarge(bytesMax: number): Refusal {
  return { httpStatus: 413, reason: `Body larger than ${bytesMax} bytes`, headers: { Connection: 'close' } };
}
