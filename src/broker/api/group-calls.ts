/** FindCoordinator 0–2, JoinGroup 0–5, SyncGroup 0–3, Heartbeat 0–3, LeaveGroup 0–2, OffsetCommit 2–7, OffsetFetch 1–5. */
import { ERROR } from '../wire/error-codes.ts';
import type { WireWriter } from '../wire/wire-writer.ts';
import { type Call, NODE_ID } from './call.ts';

const SESSION_MS = { low: 1_000, high: 1_800_000 };
const REBALANCE_MS_MAX = 300_000;
const GROUP_COORDINATOR = 0;

export function findCoordinator({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  request.string();
  const kind = version >= 1 ? request.int8() : GROUP_COORDINATOR;
  if (version >= 1) answer.int32(0);
  answer.int16(kind === GROUP_COORDINATOR ? ERROR.none : ERROR.unsupportedVersion);
  if (version >= 1) answer.string(null);
  return answer.int32(NODE_ID).string(broker.advertised.host).int32(broker.advertised.port);
}

export async function joinGroup({ version, clientId, request, broker }: Call, answer: WireWriter): Promise<WireWriter> {
  const groupId = request.string();
  const sessionTimeoutMs = request.int32();
  const rebalanceTimeoutMs = version >= 1 ? request.int32() : sessionTimeoutMs;
  const memberId = request.string();
  if (version >= 5) request.nullableString();
  const protocolType = request.string();
  const protocols = request.array(() => ({ name: request.string(), metadata: Buffer.from(request.bytes()) }));
  const refused = (code: number, id = memberId) => {
    return { code, generation: -1, protocol: '', leader: '', memberId: id, members: [] };
  };
  const group = groupId === '' ? undefined : broker.groups.group(groupId);
  const isSessionAllowed = sessionTimeoutMs >= SESSION_MS.low && sessionTimeoutMs <= SESSION_MS.high;
  const join = () => {
    if (group === undefined) return refused(ERROR.invalidGroupId);
    if (!isSessionAllowed) return refused(ERROR.invalidSessionTimeout);
    const id = memberId === '' ? broker.groups.newMemberId(clientId) : memberId;
    // Since version 4 a client that comes gets its id first, so that a lost answer leaves no ghost behind.
    if (memberId === '' && version >= 4) return refused(ERROR.memberIdRequired, id);
    const timeouts = { sessionTimeoutMs, rebalanceTimeoutMs: Math.min(REBALANCE_MS_MAX, rebalanceTimeoutMs) };
    return group.join({ memberId: id, ...timeouts, protocolType, protocols });
  };
  const joined = await join();
  if (version >= 2) answer.int32(0);
  answer.int16(joined.code).int32(joined.generation).string(joined.protocol).string(joined.leader);
  return answer.string(joined.memberId).array(joined.members, (member) => {
    answer.string(member.memberId);
    if (version >= 5) answer.string(null);
    answer.bytes(member.metadata);
  });
}

export async function syncGroup({ version, request, broker }: Call, answer: WireWriter): Promise<WireWriter> {
  const group = broker.groups.group(request.string());
  const generation = request.int32();
  const memberId = request.string();
  if (version >= 3) request.nullableString();
  const assignments = request.array((): [string, Buffer] => [request.string(), request.bytes()]);
  const synced = await group?.sync(memberId, generation, assignments);
  if (version >= 1) answer.int32(0);
  return answer.int16(synced?.code ?? ERROR.invalidGroupId).bytes(synced?.assignment ?? Buffer.alloc(0));
}

export function heartbeat({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const group = broker.groups.group(request.string());
  const generation = request.int32();
  const memberId = request.string();
  if (version >= 1) answer.int32(0);
  return answer.int16(group?.heartbeat(memberId, generation) ?? ERROR.invalidGroupId);
}

export function leaveGroup({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const group = broker.groups.group(request.string());
  const memberId = request.string();
  if (version >= 1) answer.int32(0);
  return answer.int16(group?.leave(memberId) ?? ERROR.invalidGroupId);
}

export function offsetCommit({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const groupId = request.string();
  const generation = request.int32();
  const memberId = request.string();
  if (version >= 7) request.nullableString();
  if (version <= 4) request.int64();
  const code = broker.groups.group(groupId)?.mayCommit(memberId, generation) ?? ERROR.invalidGroupId;
  const topics = request.array(() => ({
    topic: request.string(),
    partitions: request.array(() => {
      const partition = request.int32();
      const offset = Number(request.int64());
      if (version >= 6) request.int32();
      request.nullableString();
      return { partition, offset };
    }),
  }));
  if (version >= 3) answer.int32(0);
  return answer.array(topics, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, ({ partition, offset }) => {
      const isThere = broker.topics.partition(topic, partition) !== undefined;
      if (isThere && code === ERROR.none) broker.groups.commit(groupId, topic, partition, offset);
      answer.int32(partition).int16(isThere ? code : ERROR.unknownTopicOrPartition);
    });
  });
}

export function offsetFetch({ version, request, broker }: Call, answer: WireWriter): WireWriter {
  const groupId = request.string();
  const asked = request.nullableArray(() => ({
    topic: request.string(),
    partitions: request.array(() => request.int32()),
  }));
  const everything = broker.groups
    .committed(groupId)
    .map(({ topic, partition }) => ({ topic, partitions: [partition] }));
  if (version >= 3) answer.int32(0);
  answer.array(asked ?? everything, ({ topic, partitions }) => {
    answer.string(topic).array(partitions, (partition) => {
      answer.int32(partition).int64(broker.groups.offset(groupId, topic, partition));
      if (version >= 5) answer.int32(-1);
      answer.string('').int16(ERROR.none);
    });
  });
  return version >= 2 ? answer.int16(ERROR.none) : answer;
}
