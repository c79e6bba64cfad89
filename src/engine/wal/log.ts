/**
 * Writes the log: one frame a batch, one write in flight, which is on disk when it ends (`O_DSYNC`).
 *
 * Fail-stop: after the first write that fails nothing is written again, because a page that could not be written may be
 * called clean the second time. A segment that was read at a start is never written to: each start opens a new one.
 */
import { strict as assert } from 'node:assert';
import type { Clock } from '../clock.ts';
import { RecordBuffer } from '../record.ts';
import { type Disk, type DiskFile, writeAll } from './disk.ts';
import { logFolder, segmentPath, sparePath } from './folder.ts';
import { PAYLOAD_OFFSET, roundUpToBlock, writeFrameHeader } from './frame.ts';
import { FreeSpace } from './free-space.ts';
import { logFailed } from './log-errors.ts';
import { encodeSegmentHeader } from './segment-header.ts';
import { SpareSegment } from './spare-segment.ts';

export interface LogOptions {
  /** Of the shard: the log is in its `wal/`. */
  folder: string;
  shardId: string;
  symbols: readonly string[];
  segmentBytesMax: number;
  disk: Disk;
  clock: Clock;
  /** A random 32-bit number for each segment. */
  newSegmentId(): number;
  /** A segment has been closed: it can be replayed by others. */
  segmentClosed?(): void;
  /** There is hardly room for another segment: whoever can give some up should. */
  spaceLow?(): void;
}

/** Where a log ended when it was opened. */
export interface LogStart {
  epoch: number;
  lastSequence: number;
  lastTimeMs: number;
  lastCrc: number;
}

const FRAME_BYTES_FIRST = 64 * 1024;

export class Log {
  readonly #options: LogOptions;
  readonly #epoch: number;
  readonly #spare: SpareSegment;
  readonly #space: FreeSpace;
  #file: DiskFile | null = null;
  #segmentId = 0;
  #segmentBytes = 0;
  #segmentEnd = 0;
  /** The next frame: its header's place, then the records that were put. */
  #frame = RecordBuffer.ofSize(FRAME_BYTES_FIRST);
  #frameBytes = PAYLOAD_OFFSET;
  #frameCommands = 0;
  #lastSequence: number;
  #durableSequence: number;
  #lastTimeMs: number;
  #lastCrc: number;
  #isSealed = true;
  #isWriting = false;
  #failure: Error | null = null;

  private constructor(options: LogOptions, start: LogStart) {
    this.#options = options;
    this.#epoch = start.epoch;
    this.#spare = new SpareSegment(options.folder, options.disk);
    const { folder, segmentBytesMax, disk, clock, spaceLow } = options;
    this.#space = new FreeSpace(folder, segmentBytesMax, { disk, clock, ...(spaceLow && { low: spaceLow }) });
    this.#lastSequence = start.lastSequence;
    this.#durableSequence = start.lastSequence;
    this.#lastTimeMs = start.lastTimeMs;
    this.#lastCrc = start.lastCrc;
  }

  /** Goes on behind `start` in a new segment. */
  static async open(options: LogOptions, start: LogStart): Promise<Log> {
    const log = new Log(options, start);
    await options.disk.makeFolder(logFolder(options.folder));
    await log.#guarded(`Opening a segment in ${options.folder}`, () => log.#openSegment(0));
    await log.#space.ask();
    return log;
  }

  /** Of the last command handed to `commit`, durable or not yet. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  get lastTimeMs(): number {
    return this.#lastTimeMs;
  }

  /** Soon there is no room for another segment. What is prepared still takes a while of cancels. */
  get isLowOnSpace(): boolean {
    return this.#space.isLow || this.#spare.hasFailed;
  }

  /** The record at `offset` goes into the next frame. */
  put(records: RecordBuffer, offset: number): void {
    assert(!this.#isWriting, 'the frame in flight is not written into');
    const size = records.size(offset);
    this.#reserve(size);
    copyWords(records.words, offset >> 2, { to: this.#frame.words, at: this.#frameBytes >> 2, count: size >> 2 });
    this.#frameBytes += size;
    this.#frameCommands++;
  }

  /**
   * Resolves when what was put is on disk. Its sequences follow `lastSequence` from the moment of the call; the write has
   * begun when it returns.
   * @param digest of the state before these commands
   */
  async commit(timeMs: number, digest: Uint32Array): Promise<void> {
    assert(this.#frameCommands > 0, 'a frame of commands has some');
    assert(timeMs >= this.#lastTimeMs, 'batch time never goes back');
    await this.#write(timeMs, digest);
    this.#isSealed = false;
  }

  /** An empty frame, if the last one is not empty: whoever finds it knows that what is before it was synced. */
  async seal(digest: Uint32Array): Promise<void> {
    if (this.#isSealed) return;
    await this.#write(this.#lastTimeMs, digest);
    this.#isSealed = true;
  }

  async close(): Promise<void> {
    await this.#spare.settled();
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }

  async #write(timeMs: number, digest: Uint32Array): Promise<void> {
    assert(!this.#isWriting, 'one write in flight');
    this.#isWriting = true;
    const payloadBytes = this.#frameBytes - PAYLOAD_OFFSET;
    const frameBytes = roundUpToBlock(this.#frameBytes);
    const header = {
      firstSequence: this.#lastSequence + 1,
      durableSequence: this.#durableSequence,
      timeMs,
      digest: digest.slice(),
      count: this.#frameCommands,
      segmentId: this.#segmentId,
      epoch: this.#epoch,
      previousCrc: this.#lastCrc,
    };
    this.#lastSequence += this.#frameCommands;
    this.#lastTimeMs = timeMs;
    const sequence = this.#lastSequence;
    await this.#guarded(`Writing to the log ${this.#options.folder}`, async () => {
      if (this.#segmentBytes + frameBytes > this.#segmentEnd) {
        await this.#openSegment(frameBytes, header.firstSequence);
        header.segmentId = this.#segmentId;
      }
      const { bytes } = this.#frame;
      this.#reserve(frameBytes - this.#frameBytes);
      bytes.fill(0, this.#frameBytes, frameBytes);
      this.#lastCrc = writeFrameHeader(bytes, payloadBytes, header);
      assert(this.#file !== null, 'the log is open');
      await writeAll(this.#file, bytes.subarray(0, frameBytes), this.#segmentBytes);
    });
    this.#segmentBytes += frameBytes;
    this.#durableSequence = sequence;
    this.#frameBytes = PAYLOAD_OFFSET;
    this.#frameCommands = 0;
    this.#isWriting = false;
    if (this.#segmentBytes * 2 > this.#segmentEnd && !this.#space.isLow)
      this.#spare.prepare(this.#options.segmentBytesMax);
  }

  /** A new segment that has room for a frame of so many bytes. It gets its name when its header is on disk. */
  async #openSegment(frameBytes: number, firstSequence = this.#lastSequence + 1): Promise<void> {
    const { folder, shardId, symbols, segmentBytesMax, disk, clock, newSegmentId, segmentClosed } = this.#options;
    const isFirst = this.#file === null;
    await this.#file?.close();
    this.#segmentId = newSegmentId();
    const header = encodeSegmentHeader({
      shardId,
      symbols: [...symbols],
      segmentId: this.#segmentId,
      epoch: this.#epoch,
      firstSequence,
      previousCrc: this.#lastCrc,
      createdAtMs: clock.nowMs(),
    });
    this.#segmentEnd = Math.max(segmentBytesMax, header.length + frameBytes);
    await this.#spare.take(this.#segmentEnd);
    this.#file = await disk.openSynced(sparePath(folder));
    await writeAll(this.#file, header, 0);
    this.#segmentBytes = header.length;
    await disk.rename(sparePath(folder), segmentPath(folder, firstSequence, this.#epoch));
    await disk.syncFolder(logFolder(folder));
    if (!isFirst) segmentClosed?.();
  }

  #reserve(bytes: number): void {
    const needed = roundUpToBlock(this.#frameBytes + bytes);
    if (needed <= this.#frame.bytes.length) return;
    const larger = RecordBuffer.ofSize(Math.max(needed, this.#frame.bytes.length * 2));
    larger.bytes.set(this.#frame.bytes.subarray(0, this.#frameBytes));
    this.#frame = larger;
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

/** A loop, because a view to copy from would be an object for each order. */
function copyWords(
  from: Int32Array,
  start: number,
  { to, at, count }: { to: Int32Array; at: number; count: number },
): void {
  for (let index = 0; index < count; index++) to[at + index] = from[start + index] ?? 0;
}
