/** ListOffsets 1–5, Fetch 4–11, which waits until there is enough to answer with, or its time is up. */
import type { PartitionLog } from '../log/partition-log.ts';
import { ERROR } from '../wire/error-codes.ts';
import type { WireWriter } from '../wire/wire-writer.ts';
import type { Call } from './call.ts';

const LATEST = -1n;
const EARLIEST = -2n;
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const WAIT_MS_MAX = 60_000;

export function listOffsets({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  request.int32();
  if (version >= 2) request.int8();
  const topics = request.array(() => ({
    topic: request.string(),
    partitions: request.array(() => {
      const partition = request.int32();
      if (version >= 4) request.int32();
      return { partition, timestamp: request.int64() };
    }),
  }));
  if (version >= 2) answer.int32(0);
  return answer.array(topics, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, ({ partition, timestamp }) => {
      const log = broker.topics.partition(topic, partition);
      const found = log === undefined ? undefined : offsetOf(log, timestamp);
      answer.int32(partition).int16(log === undefined ? ERROR.unknownTopicOrPartition : ERROR.none);
      answer.int64(found?.timestampMs ?? -1).int64(found?.offset ?? -1);
      if (version >= 4) answer.int32(0);
    });
  });
}

function offsetOf(log: PartitionLog, timestamp: bigint): { offset: number; timestampMs: number } | undefined {
  if (timestamp === LATEST) return { offset: log.endOffset, timestampMs: -1 };
  if (timestamp === EARLIEST) return { offset: 0, timestampMs: -1 };
  return log.offsetAt(Number(timestamp));
}

interface Wanted {
  topic: string;
  partitions: { partition: number; offset: number; bytesMax: number }[];
}

interface Fetched {
  partition: number;
  code: number;
  endOffset: number;
  records: Buffer;
}

export async function fetchRecords(call: Call, answer: WireWriter): Promise<WireWriter> {
  const { version, request } = call;
  request.int32();
  const waitMs = Math.min(WAIT_MS_MAX, Math.max(0, request.int32()));
  const bytesMin = request.int32();
  const bytesMax = Math.min(ANSWER_BYTES_MAX, Math.max(0, request.int32()));
  request.int8();
  if (version >= 7) {
    request.int32();
    request.int32();
  }
  const wanted = request.array(() => wantedOf(call));
  const deadlineMs = performance.now() + waitMs;
  let fetched = fetchOnce(call, wanted, bytesMax);
  for (;;) {
    const partitions = fetched.flatMap(({ partitions }) => partitions);
    const bytes = partitions.reduce((sum, { records }) => sum + records.length, 0);
    const leftMs = deadlineMs - performance.now();
    if (bytes >= bytesMin || leftMs <= 0 || partitions.some(({ code }) => code !== ERROR.none)) break;
    await call.broker.topics.nextAppend(leftMs);
    fetched = fetchOnce(call, wanted, bytesMax);
  }
  answer.int32(0);
  // Session 0: the client asks for everything each time.
  if (version >= 7) answer.int16(ERROR.none).int32(0);
  return answer.array(fetched, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, (one) => writePartition(version, one, answer));
  });
}

function wantedOf({ version, request }: Call): Wanted {
  const topic = request.string();
  const partitions = request.array(() => {
    const partition = request.int32();
    if (version >= 9) request.int32();
    const offset = Number(request.int64());
    if (version >= 5) request.int64();
    return { partition, offset, bytesMax: Math.max(0, request.int32()) };
  });
  return { topic, partitions };
}

function fetchOnce({ broker }: Call, wanted: Wanted[], bytesMax: number): { topic: string; partitions: Fetched[] }[] {
  let left = bytesMax;
  return wanted.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset, bytesMax }): Fetched => {
      const log = broker.topics.partition(topic, partition);
      const nothing = { partition, endOffset: log?.endOffset ?? -1, records: Buffer.alloc(0) };
      if (log === undefined) return { ...nothing, code: ERROR.unknownTopicOrPartition };
      if (offset < 0 || offset > log.endOffset) return { ...nothing, code: ERROR.offsetOutOfRange };
      if (left <= 0) return { ...nothing, code: ERROR.none };
      const records = log.read(offset, Math.min(bytesMax, left));
      left -= records.length;
      return { ...nothing, code: ERROR.none, records };
    }),
  }));
}

function writePartition(version: number, { partition, code, endOffset, records }: Fetched, answer: WireWriter): void {
  answer.int32(partition).int16(code).int64(endOffset).int64(endOffset);
  if (version >= 5) answer.int64(0);
  answer.array([], () => undefined);
  if (version >= 11) answer.int32(-1);
  answer.bytes(records);
}
