/** Reads a request's body, never more than the limit: `Content-Length` first, then counted while it comes in. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type BodyReading = { kind: 'body'; bytes: Buffer } | { kind: 'too large' } | { kind: 'client gone' };

export function readBody(request: IncomingMessage, response: ServerResponse, bytesMax: number): Promise<BodyReading> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve({ kind: 'too large' });
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const end = (reading: BodyReading): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(reading);
    };
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) end({ kind: 'too large' });
      else chunks.push(chunk);
    };
    const onEnd = (): void => end({ kind: 'body', bytes: Buffer.concat(chunks, sizeBytes) });
    const onClose = (): void => end({ kind: 'client gone' });
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/** Whether the request announces a body, read or not. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
