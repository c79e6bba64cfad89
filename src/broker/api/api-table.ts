/**
 * What this broker answers, by Kafka's API keys, with the versions it knows: the newest before the flexible ones. Each
 * client takes the newest that both know. Kafka's own clients from 4.0 on ask for what brokers had since 2.1: it is there.
 */
import { ERROR } from '../wire/error-codes.ts';
import type { WireWriter } from '../wire/wire-writer.ts';
import type { Answer, Call } from './call.ts';
import { fetchRecords, listOffsets } from './fetch.ts';
import {
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from './group-calls.ts';
import { createTopics, deleteTopics, metadata } from './metadata.ts';
import { initProducerId, produce } from './produce.ts';

interface Api {
  key: number;
  versions: readonly [number, number];
  answer: Answer;
}

export const API_VERSIONS_KEY = 18;
/** Of `ApiVersions` alone: its header and answer are of the flexible kind. */
export const FLEXIBLE_API_VERSIONS = 3;

export const APIS: readonly Api[] = [
  { key: 0, versions: [3, 8], answer: produce },
  { key: 1, versions: [4, 11], answer: fetchRecords },
  { key: 2, versions: [1, 5], answer: listOffsets },
  { key: 3, versions: [0, 8], answer: metadata },
  { key: 8, versions: [2, 7], answer: offsetCommit },
  { key: 9, versions: [1, 5], answer: offsetFetch },
  { key: 10, versions: [0, 2], answer: findCoordinator },
  { key: 11, versions: [0, 5], answer: joinGroup },
  { key: 12, versions: [0, 3], answer: heartbeat },
  { key: 13, versions: [0, 2], answer: leaveGroup },
  { key: 14, versions: [0, 3], answer: syncGroup },
  { key: API_VERSIONS_KEY, versions: [0, FLEXIBLE_API_VERSIONS], answer: apiVersions },
  { key: 19, versions: [0, 4], answer: createTopics },
  { key: 20, versions: [0, 3], answer: deleteTopics },
  { key: 22, versions: [0, 1], answer: initProducerId },
];

/** A version that is not known gets the list in the first form, and the client asks again. */
function apiVersions({ version }: Call, answer: WireWriter): WireWriter {
  const isKnown = version <= FLEXIBLE_API_VERSIONS;
  const isFlexible = version === FLEXIBLE_API_VERSIONS;
  answer.int16(isKnown ? ERROR.none : ERROR.unsupportedVersion);
  const write = ({ key, versions: [lowest, highest] }: Api): void => {
    answer.int16(key).int16(lowest).int16(highest);
    if (isFlexible) answer.noTags();
  };
  if (isFlexible) return answer.compactArray(APIS, write).int32(0).noTags();
  answer.array(APIS, write);
  return isKnown && version >= 1 ? answer.int32(0) : answer;
}
