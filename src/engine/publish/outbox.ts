/**
 * The log is the outbox: what is to be published is read from it and derived again, by a state of the outbox's own. So no
 * event is kept in memory for a broker that is away, and what a restart or a broker that lost its tail needs again is
 * there: from the newest snapshot before it on.
 */
import { type EventRecord, eventRecord } from '../../protocol/event-records.ts';
import { describeRow } from '../match/describe-events.ts';
import { ShardState } from '../match/shard-state.ts';
import { restoreSnapshot } from '../snapshot/load-snapshot.ts';
import { SnapshotStore } from '../snapshot/snapshot-store.ts';
import type { Disk } from '../wal/disk.ts';
import { listSegments } from '../wal/folder.ts';
import { LogTail } from '../wal/log-tail.ts';
import { LOG_BEGINNING, type LogPlace } from '../wal/read-log.ts';
import { applyFrame } from '../wal/replay.ts';

export interface OutboxOptions {
  folder: string;
  shardId: string;
  symbols: readonly string[];
  disk: Disk;
}

/** What the commands of one frame have to tell. */
export interface OutboxBatch {
  records: EventRecord[];
  /** Everything up to this sequence is in here, or was in those before. */
  lastSequence: number;
}

export class Outbox {
  /** Events up to this sequence were wanted and are not in the log any more; 0: none are missing. */
  readonly missingUpTo: number;
  readonly #state: ShardState;
  readonly #tail: LogTail;
  readonly #afterSequence: number;

  private constructor(state: ShardState, tail: LogTail, afterSequence: number) {
    this.#state = state;
    this.#tail = tail;
    this.#afterSequence = afterSequence;
    this.missingUpTo = tail.lastSequence > afterSequence ? tail.lastSequence : 0;
  }

  /** Tells what the commands behind `afterSequence` did. */
  static async open(options: OutboxOptions, afterSequence: number): Promise<Outbox> {
    const state = new ShardState(options.shardId, options.symbols);
    const from = await startingPlace(options, afterSequence, state);
    return new Outbox(state, new LogTail(options.folder, options.disk, from), afterSequence);
  }

  /** Null: there is nothing more up to what is durable. */
  async next(durableSequence: number): Promise<OutboxBatch | null> {
    const read = await this.#tail.next(durableSequence);
    if (read === null) return null;
    const { frame, path, offset } = read;
    this.#state.readSymbols(this.#tail.symbols);
    applyFrame(this.#state, frame, { path, offset });
    const records: EventRecord[] = [];
    for (let row = 0; row < frame.count; row++) this.#describe(row, frame.firstSequence + row, frame.timeMs, records);
    this.#state.effects.clear();
    return { records, lastSequence: this.#tail.lastSequence };
  }

  close(): void {
    this.#tail.close();
  }

  #describe(row: number, sequence: number, timeMs: number, records: EventRecord[]): void {
    if (sequence <= this.#afterSequence) return;
    for (const [index, event] of describeRow(this.#state, row, sequence).entries()) {
      records.push(eventRecord(event, this.#state.shardId, { sequence, index }, timeMs));
    }
  }
}

/** The newest snapshot that is not behind what is wanted, or the beginning; where neither is left, the oldest snapshot. */
async function startingPlace(options: OutboxOptions, afterSequence: number, state: ShardState): Promise<LogPlace> {
  const { folder, disk } = options;
  const store = new SnapshotStore(folder, disk);
  const segments = await listSegments(folder, disk);
  const begins = new Set(segments.map(({ firstSequence }) => firstSequence));
  const usable = (await store.sequences()).filter((sequence) => begins.has(sequence + 1));
  const before = usable.filter((sequence) => sequence <= afterSequence);
  const isWhole = begins.has(1) || segments.length === 0;
  for (const sequence of before.length > 0 || isWhole ? before : usable.reverse()) {
    const read = await store.read(sequence);
    if (read.ok) return restoreSnapshot(read.snapshot, state, store.path(sequence));
  }
  return LOG_BEGINNING;
}
