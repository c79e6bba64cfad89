/**
 * One client: requests are answered in the order they came, one after the other, as Kafka does. A request that cannot be
 * read, is too large, or of an unknown kind ends the connection.
 */
import type { Socket } from 'node:net';
import { messageOf } from '../errors/mex-error.ts';
import { API_VERSIONS_KEY, APIS, FLEXIBLE_API_VERSIONS } from './api/api-table.ts';
import type { BrokerState } from './api/call.ts';
import { MalformedRequest } from './wire/malformed-request.ts';
import { WireReader } from './wire/wire-reader.ts';
import { WireWriter } from './wire/wire-writer.ts';

/** A few batches of the largest size. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;
const SIZE_BYTES = 4;
const IDLE_MS_MAX = 600_000;

export function serveConnection(socket: Socket, broker: BrokerState, tell: (sentence: string) => void): void {
  socket.setNoDelay(true);
  socket.setTimeout(IDLE_MS_MAX, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  converse(socket, broker).catch((thrown) => {
    tell(`connection ended: ${messageOf(thrown)}`);
    socket.destroy();
  });
}

async function converse(socket: Socket, broker: BrokerState): Promise<void> {
  for await (const request of requestsOf(socket)) {
    const answer = await answerTo(request, broker);
    if (answer !== null && !socket.write(answer)) await drained(socket);
  }
}

/** Reading stops while a request is being answered: what else comes waits in the kernel. */
async function* requestsOf(socket: Socket): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = SIZE_BYTES;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const bytes = chunks.length === 1 ? (chunks[0] ?? chunk) : Buffer.concat(chunks);
      const size = bytes.readInt32BE(0);
      if (size < 0 || size > REQUEST_BYTES_MAX) throw new MalformedRequest(`a size of ${size} bytes`);
      chunks = [bytes];
      wanted = SIZE_BYTES + size;
      if (length < wanted) break;
      yield bytes.subarray(SIZE_BYTES, wanted);
      const rest = bytes.subarray(wanted);
      chunks = [rest];
      length = rest.length;
      wanted = SIZE_BYTES;
    }
  }
}

/** The whole answer with its size, or null. */
async function answerTo(bytes: Buffer, broker: BrokerState): Promise<Buffer | null> {
  const request = new WireReader(bytes);
  const key = request.int16();
  const version = request.int16();
  const correlationId = request.int32();
  const clientId = request.nullableString() ?? '';
  const api = APIS.find((one) => one.key === key);
  const isKnown = api !== undefined && version >= api.versions[0] && version <= api.versions[1];
  if (api === undefined || (!isKnown && key !== API_VERSIONS_KEY)) {
    throw new MalformedRequest(`API ${key} version ${version}, which this broker does not know`);
  }
  if (key === API_VERSIONS_KEY && version === FLEXIBLE_API_VERSIONS) request.skipTags();
  const answer = new WireWriter().int32(0).int32(correlationId);
  const written = await api.answer({ version, clientId, request, broker }, answer);
  if (written === null) return null;
  const whole = written.end();
  whole.writeInt32BE(whole.length - SIZE_BYTES, 0);
  return whole;
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
