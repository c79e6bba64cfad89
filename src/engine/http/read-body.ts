/** Reads a JSON body up to a limit: refused by its declared length before a byte is read, and counted while reading. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './send.ts';

/** `done` is called once, with the bytes or why there are none; never when the client goes away. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  bytesMax: number,
  done: (body: Buffer | Refusal) => void,
): void {
  const { headers } = request;
  if (Number(headers['content-length'] ?? 0) > bytesMax) {
    done(tooLarge(bytesMax));
    return;
  }
  if (headers.expect !== undefined) response.writeContinue();
  let body: Buffer | null = null;
  let pieces: Buffer[] | null = null;
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      request.removeAllListeners('data').removeAllListeners('end').pause();
      done(tooLarge(bytesMax));
    } else if (body === null) body = chunk;
    else {
      pieces ??= [body];
      pieces.push(chunk);
    }
  });
  request.on('end', () => done(pieces === null ? (body ?? NOTHING) : Buffer.concat(pieces)));
}

const NOTHING = Buffer.alloc(0);

/** Why a body of this kind is not read, or `null`. */
export function mediaTypeRefusal({ headers }: IncomingMessage): Refusal | null {
  const type = headers['content-type'];
  if (type !== 'application/json' && type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    return { httpStatus: 415, reason: 'Content-Type must be application/json' };
  }
  if (headers['content-encoding'] === undefined) return null;
  return { httpStatus: 415, reason: 'Content-Encoding is not supported' };
}

/** A call that takes none; `null`: it has none. */
export function bodyRefusal({ method, headers }: IncomingMessage): Refusal | null {
  const isEmpty = Number(headers['content-length'] ?? 0) === 0 && headers['transfer-encoding'] === undefined;
  return isEmpty ? null : { httpStatus: 400, reason: `A ${method} request has no body` };
}

/** The rest of the body is not wanted: the connection ends with the answer. */
function tooLarge(bytesMax: number): Refusal {
  return { httpStatus: 413, reason: `Body larger than ${bytesMax} bytes`, headers: { Connection: 'close' } };
}
