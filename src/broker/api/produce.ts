/** InitProducerId 0–1, Produce 3–8. Transactions are refused. */
import { ERROR } from '../wire/error-codes.ts';
import { MalformedRequest } from '../wire/malformed-request.ts';
import type { WireWriter } from '../wire/wire-writer.ts';
import type { Call } from './call.ts';

export function initProducerId({ request, broker }: Call, answer: WireWriter): WireWriter {
  const transactionalId = request.nullableString();
  if (transactionalId !== null) return answer.int32(0).int16(ERROR.unsupportedVersion).int64(-1).int16(-1);
  return answer.int32(0).int16(ERROR.none).int64(broker.newProducerId()).int16(0);
}

interface Produced {
  partition: number;
  code: number;
  baseOffset: number;
}

export function produce({ version, request, broker }: Call, answer: WireWriter): WireWriter | null {
  const isTransactional = request.nullableString() !== null;
  const acks = request.int16();
  request.int32();
  const refusal = produceRefusal(acks, isTransactional);
  const topics = request.array(() => {
    const topic = request.string();
    const partitions = request.array((): Produced => {
      const partition = request.int32();
      const batch = request.nullableBytes() ?? Buffer.alloc(0);
      if (refusal !== ERROR.none) return { partition, code: refusal, baseOffset: -1 };
      return { partition, ...broker.topics.append(topic, partition, batch) };
    });
    return { topic, partitions };
  });
  if (acks === 0) {
    const failed = topics.flatMap(({ partitions }) => partitions).find(({ code }) => code !== ERROR.none);
    // Nobody waits for an answer, so the end of the connection is how a client learns of it.
    if (failed !== undefined) throw new MalformedRequest(`a produce with acks=0, refused with ${failed.code}`);
    return null;
  }
  answer.array(topics, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, ({ partition, code, baseOffset }) => {
      answer.int32(partition).int16(code).int64(baseOffset).int64(-1);
      if (version >= 5) answer.int64(code === ERROR.none ? 0 : -1);
      if (version >= 8) answer.array([], () => undefined).string(null);
    });
  });
  return answer.int32(0);
}

function produceRefusal(acks: number, isTransactional: boolean): number {
  if (isTransactional) return ERROR.unsupportedVersion;
  return acks === -1 || acks === 0 || acks === 1 ? ERROR.none : ERROR.invalidRequiredAcks;
}
