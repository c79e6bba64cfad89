/**
 * Writes the log: one frame a batch, one write in flight, one sync a frame.
 *
 * Fail-stop: after the first write or sync that fails, nothing is written and nothing synced again, because a page that
 * could not be written may be called clean the second time. The log is append-only; a start opens a new segment.
 */
import { strict as assert } from 'node:assert';
import type { Command } from '../commands.ts';
import { appendAll, type Disk, type LogFile } from './disk.ts';
import { encodeCommands } from './encode-commands.ts';
import { encodeFrame } from './frame.ts';
import { logFailed } from './log-errors.ts';
import { segmentPath } from './read-log.ts';
import { encodeSegmentHeader } from './segment-header.ts';

export interface LogOptions {
  folder: string;
  shardId: string;
  symbols: string[];
  segmentBytesMax: number;
  disk: Disk;
}

/** Where a log ended when it was opened. */
export interface LogStart {
  segments: number;
  lastSequence: number;
  lastTimeMs: number;
  lastCrc: number;
}

export class Log {
  readonly #options: LogOptions;
  #file: LogFile | null = null;
  #segment: number;
  #segmentBytes = 0;
  #segmentIsFresh = true;
  #lastSequence: number;
  #durableSequence: number;
  #lastTimeMs: number;
  #lastCrc: number;
  #writing = false;
  #failure: Error | null = null;

  private constructor(options: LogOptions, start: LogStart) {
    this.#options = options;
    this.#segment = start.segments;
    this.#lastSequence = start.lastSequence;
    this.#durableSequence = start.lastSequence;
    this.#lastTimeMs = start.lastTimeMs;
    this.#lastCrc = start.lastCrc;
  }

  /** Goes on behind `start` in a new segment. */
  static async open(options: LogOptions, start: LogStart): Promise<Log> {
    const log = new Log(options, start);
    await log.#guarded(`Opening a segment in ${options.folder}`, () => log.#openSegment());
    return log;
  }

  /** Of the last command handed to `commit`, durable or not yet. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  get lastTimeMs(): number {
    return this.#lastTimeMs;
  }

  /**
   * Resolves when the commands are on disk. Their sequences follow `lastSequence` from the moment of the call; the write
   * has begun when it returns.
   */
  async commit(commands: readonly Command[], timeMs: number): Promise<void> {
    assert(!this.#writing, 'one write in flight');
    assert(timeMs >= this.#lastTimeMs, 'batch time never goes back');
    this.#writing = true;
    const { bytes, crc } = encodeFrame(
      {
        count: commands.length,
        firstSequence: this.#lastSequence + 1,
        durableSequence: this.#durableSequence,
        timeMs,
        previousCrc: this.#lastCrc,
      },
      encodeCommands(commands),
    );
    const previous = { sequence: this.#lastSequence, crc: this.#lastCrc };
    this.#lastSequence += commands.length;
    this.#lastTimeMs = timeMs;
    this.#lastCrc = crc;
    const lastSequence = this.#lastSequence;
    await this.#guarded(`Writing to the log ${this.#options.folder}`, async () => {
      const isFull = this.#segmentBytes + bytes.length > this.#options.segmentBytesMax;
      if (isFull && !this.#segmentIsFresh) await this.#openSegment(previous);
      await this.#append(bytes);
    });
    this.#durableSequence = lastSequence;
    this.#writing = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }

  async #openSegment(previous = { sequence: this.#lastSequence, crc: this.#lastCrc }): Promise<void> {
    const { folder, shardId, symbols, disk } = this.#options;
    await this.#file?.close();
    this.#segment++;
    this.#file = await disk.open(segmentPath(folder, this.#segment));
    this.#segmentBytes = 0;
    const firstSequence = previous.sequence + 1;
    const header = { shardId, symbols, segment: this.#segment, firstSequence, previousCrc: previous.crc };
    await this.#append(encodeSegmentHeader(header));
    await disk.syncPath(folder);
    this.#segmentIsFresh = true;
  }

  async #append(bytes: Buffer): Promise<void> {
    assert(this.#file !== null, 'the log is open');
    await appendAll(this.#file, bytes);
    this.#segmentBytes += bytes.length;
    this.#segmentIsFresh = false;
  }

  async #guarded(attempt: string, act: () => Promise<void>): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    try {
      await act();
    } catch (thrown) {
      this.#failure = logFailed(attempt, thrown);
      throw this.#failure;
    }
  }
}
