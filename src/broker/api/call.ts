/** One request, as the answers see it. */
import type { Groups } from '../groups/groups.ts';
import type { Topics } from '../log/topics.ts';
import type { WireReader } from '../wire/wire-reader.ts';
import type { WireWriter } from '../wire/wire-writer.ts';

export interface BrokerState {
  topics: Topics;
  groups: Groups;
  /** Where clients are told to find this broker. */
  advertised: { host: string; port: number };
  clusterId: string;
  newProducerId(): bigint;
}

export interface Call {
  version: number;
  clientId: string;
  request: WireReader;
  broker: BrokerState;
}

/** Writes the answer's body; null: the client wants none. */
export type Answer = (call: Call, answer: WireWriter) => Promise<WireWriter | null> | WireWriter | null;

/** The only node there is. */
export const NODE_ID = 0;
