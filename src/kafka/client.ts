/**
 * kafkajs with what it lacks. Its last release is of 2023, so its known traps are dealt with here, each with a test:
 * a timer that fires every millisecond for ever (its issue 1704); connections that come back after `disconnect` (1438);
 * requests that time out and stay in a socket that nobody closes. See `connections.ts` for the last two.
 */
import kafkajs, { type Kafka } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import type { Connections } from './connections.ts';

export interface ClientOptions {
  brokers: readonly string[];
  clientId: string;
  connections: Connections;
  /** A request without an answer for so long has failed. */
  requestMsMax?: number;
}

const CONNECT_MS_MAX = 1_000;
const REQUEST_MS_MAX = 5_000;
const METADATA_MS_MAX = 300_000;
const READ_UNCOMMITTED = 0;

const { scheduleCheckPendingRequests } = RequestQueue.prototype;
/** As it is, it sets itself anew with nothing to check: 1,000 times a second, for as long as a connection is idle. */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this);
};

/** For producing and administration. It retries nothing: who calls knows what may be tried again. */
export function kafkaClient({ brokers, clientId, connections, requestMsMax = REQUEST_MS_MAX }: ClientOptions): Kafka {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: requestMsMax,
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory: connections.factory,
  });
}

/** For reading partitions from where one likes, without a consumer group, which leaves traces in the broker. */
export function kafkaCluster({
  brokers,
  clientId,
  connections,
  requestMsMax = REQUEST_MS_MAX,
}: ClientOptions): Cluster {
  return new Cluster({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: requestMsMax,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_MS_MAX,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_UNCOMMITTED,
    socketFactory: connections.factory,
    logger: loggers.createLogger({ level: kafkajs.logLevel.NOTHING, logCreator: () => () => undefined }),
  });
}
