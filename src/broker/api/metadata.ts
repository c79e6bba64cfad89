/** Metadata 0–8, CreateTopics 0–4, DeleteTopics 0–3. Topics are never made by asking for them. */
import { ERROR } from '../wire/error-codes.ts';
import type { WireWriter } from '../wire/wire-writer.ts';
import { type Call, NODE_ID } from './call.ts';

/** Operations that are not told. */
const NOT_TOLD = -(2 ** 31);

export function metadata({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const asked = request.nullableArray(() => request.string());
  const isAll = asked === null || (version === 0 && asked.length === 0);
  const names = isAll ? broker.topics.names() : asked;
  if (version >= 3) answer.int32(0);
  answer.array([broker.advertised], ({ host, port }) => {
    answer.int32(NODE_ID).string(host).int32(port);
    if (version >= 1) answer.string(null);
  });
  if (version >= 2) answer.string(broker.clusterId);
  if (version >= 1) answer.int32(NODE_ID);
  answer.array(names, (name) => {
    const partitions = broker.topics.partitions(name);
    answer.int16(partitions === undefined ? ERROR.unknownTopicOrPartition : ERROR.none).string(name);
    if (version >= 1) answer.boolean(false);
    answer.array([...(partitions ?? []).keys()], (partition) => {
      answer.int16(ERROR.none).int32(partition).int32(NODE_ID);
      if (version >= 7) answer.int32(0);
      answer.array([NODE_ID], (node) => answer.int32(node)).array([NODE_ID], (node) => answer.int32(node));
      if (version >= 5) answer.int32(0);
    });
    if (version >= 8) answer.int32(NOT_TOLD);
  });
  return version >= 8 ? answer.int32(NOT_TOLD) : answer;
}

interface NewTopic {
  name: string;
  partitions: number;
  replicas: number;
  assigned: number;
}

export function createTopics({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const topics: NewTopic[] = request.array(() => {
    const topic = { name: request.string(), partitions: request.int32(), replicas: request.int16() };
    const assignments = request.array(() => {
      request.int32();
      return request.array(() => request.int32());
    });
    request.array(() => [request.string(), request.nullableString()]);
    return { ...topic, assigned: assignments.length };
  });
  request.int32();
  const isOnlyChecked = version >= 1 && request.boolean();
  const codes = topics.map((topic) => {
    const code = refusalOf(topic);
    if (code !== ERROR.none || isOnlyChecked) return code;
    // -1: as many as the broker likes.
    return broker.topics.create(topic.name, topic.partitions === -1 ? Math.max(1, topic.assigned) : topic.partitions);
  });
  if (version >= 2) answer.int32(0);
  return answer.array(topics, (topic) => {
    const code = codes[topics.indexOf(topic)] ?? ERROR.none;
    answer.string(topic.name).int16(code);
    if (version >= 1) answer.string(code === ERROR.none ? null : 'refused by this stand-in for a broker');
  });
}

function refusalOf({ partitions, replicas }: NewTopic): number {
  if (replicas !== 1 && replicas !== -1) return ERROR.invalidReplicationFactor;
  return partitions < 1 && partitions !== -1 ? ERROR.invalidPartitions : ERROR.none;
}

export function deleteTopics({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const names = request.array(() => request.string());
  if (version >= 1) answer.int32(0);
  return answer.array(names, (name) => answer.string(name).int16(broker.topics.remove(name)));
}
