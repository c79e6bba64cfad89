/** Reads the topics of a broker from offsets on, again and again if that is wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { Connections } from '../kafka/connections.ts';
import { TopicReader, type TopicRecord } from '../kafka/topic-reader.ts';

export interface TopicsRequest {
  brokers: readonly string[];
  topics: readonly string[];
  /** Only what comes from now on. */
  fromEnd?: boolean;
  /** Called once it is settled where reading begins: what is written from now on will be told. */
  opened?(): void;
  /** Called when all that was there has been told: true to look again for more. */
  again(): boolean;
  /** Called when the topics cannot be opened: true to try again. Without it, once is all. */
  openAgain?(): boolean;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 100;
const READ_WAIT_MS = 500;

/** Calls `tell` for each record, those of a partition in order. @throws MexError when the broker does not answer */
export async function readTopics(request: TopicsRequest, tell: (record: TopicRecord) => void): Promise<void> {
  const connections = new Connections();
  try {
    const { reader, next } = await openReader(request, connections);
    request.opened?.();
    for (;;) {
      for (const topic of request.topics)
        await readOnce(reader, { topic, next: next.get(topic) ?? [] }, { request, tell });
      if (request.signal.aborted || !request.again()) break;
      await sleep(LOOK_EVERY_MS, undefined, { signal: request.signal }).catch(() => undefined);
    }
  } catch (thrown) {
    if (thrown instanceof MexError) throw thrown;
    throw new MexError(
      `Reading ${request.topics.join(' and ')} of ${request.brokers.join(',')} failed: ${messageOf(thrown)}`,
      {
        code: 'BROKER_UNREADABLE',
        exit: EXIT.environment,
        suggestion: 'Is the broker there, and are the topics? Name it with --kafka host:port.',
        cause: thrown,
      },
    );
  } finally {
    connections.cut();
  }
}

/** The topics may be made a moment later, and get their leaders after that. Tells where reading begins. */
async function openReader(
  request: TopicsRequest,
  connections: Connections,
): Promise<{ reader: TopicReader; next: Map<string, number[]> }> {
  const options = { brokers: request.brokers, clientId: 'mex-events', connections };
  for (;;) {
    try {
      const reader = await TopicReader.open(options, request.topics);
      const next = new Map<string, number[]>();
      for (const topic of request.topics) {
        next.set(topic, await (request.fromEnd === true ? reader.endOffsets(topic) : reader.startOffsets(topic)));
      }
      return { reader, next };
    } catch (thrown) {
      if (request.signal.aborted || request.openAgain?.() !== true) throw thrown;
    }
    connections.cut();
    await sleep(LOOK_EVERY_MS, undefined, { signal: request.signal }).catch(() => undefined);
    connections.allow();
  }
}

/** Up to where the partitions end now. `next` goes on. */
async function readOnce(
  reader: TopicReader,
  { topic, next }: { topic: string; next: number[] },
  { request, tell }: { request: TopicsRequest; tell: (record: TopicRecord) => void },
): Promise<void> {
  for (const [partition, end] of (await reader.endOffsets(topic)).entries()) {
    for (let at = next[partition] ?? 0; at < end && !request.signal.aborted; at = next[partition] ?? end) {
      const records = await reader.read(topic, partition, at, READ_WAIT_MS);
      const last = records.at(-1);
      if (last === undefined) throw new Error(`${topic}/${partition} gave nothing at ${at}, before its end ${end}`);
      for (const record of records) tell(record);
      next[partition] = last.offset + 1;
    }
  }
}
