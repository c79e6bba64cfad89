/** Holds the topics of a broker against the log of a shard. */
import { listEvents } from '../engine/inspect/list-events.ts';
import { systemDisk } from '../engine/wal/disk.ts';
import { readLogId } from '../engine/wal/log-id.ts';
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { TOPICS } from '../protocol/event-records.ts';
import { EventCheck, type EventFindings } from './event-check.ts';
import { readTopics } from './read-topics.ts';

export interface VerifyRequest {
  /** Of the shard. */
  folder: string;
  brokers: readonly string[];
  /** How long to wait for events that are not there yet. */
  waitMs: number;
  signal: AbortSignal;
}

/** @throws MexError when the log or the topics cannot be read */
export async function verifyEvents({ folder, brokers, waitMs, signal }: VerifyRequest): Promise<EventFindings> {
  const check = new EventCheck();
  const log = await listEvents(folder, systemDisk, (record) => check.expect(record));
  const logId = await readLogId(folder, systemDisk);
  if (logId === null) {
    throw new MexError(`The log ${folder} has no id, so nothing that was published is known to be of it`, {
      code: 'LOG_WITHOUT_ID',
      exit: SERVER_EXIT.data,
      suggestion: 'An engine gives it one when it is started on that folder.',
    });
  }
  check.begin({ ...log, logId });
  const deadlineMs = performance.now() + waitMs;
  const again = (): boolean => !check.isComplete && performance.now() < deadlineMs;
  await readTopics({ brokers, topics: TOPICS, again, openAgain: again, signal }, (record) => check.take(record));
  if (check.hasBeyond) check.endsAt((await listEvents(folder, systemDisk, () => undefined)).lastSequence);
  return check.end();
}
