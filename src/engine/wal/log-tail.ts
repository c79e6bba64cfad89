/**
 * Reads a log that is being written, frame by frame, up to what its writer says is durable. It only reads, so it may run
 * in another thread; it reads synchronously, from the page cache, what was written a moment ago.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Disk } from './disk.ts';
import { listSegments } from './folder.ts';
import { BLOCK_BYTES, type Frame, PAYLOAD_BYTES_MAX, PAYLOAD_OFFSET, readFrame, roundUpToBlock } from './frame.ts';
import { logDamaged } from './log-errors.ts';
import type { LogPlace } from './read-log.ts';
import { readSegmentHeader, type SegmentHeader } from './segment-header.ts';

interface OpenSegment {
  file: number;
  path: string;
  header: SegmentHeader;
  offset: number;
}

export class LogTail {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #at: LogPlace;
  #segment: OpenSegment | null = null;
  #ended = '';

  /** @param from where reading begins: right behind it begins a segment */
  constructor(folder: string, disk: Disk, from: LogPlace) {
    this.#folder = folder;
    this.#disk = disk;
    this.#at = { ...from };
  }

  get lastSequence(): number {
    return this.#at.lastSequence;
  }

  /** The header of the segment that the last frame was of. */
  get symbols(): readonly string[] {
    return this.#segment?.header.symbols ?? [];
  }

  /** The next frame that has commands; null: there is none up to what is durable. */
  async next(durableSequence: number): Promise<{ frame: Frame; path: string; offset: number } | null> {
    while (this.#at.lastSequence < durableSequence) {
      const segment = this.#segment ?? (await this.#openNext(durableSequence));
      const { path, offset } = segment;
      const frame = this.#frameOf(segment);
      if (frame === null) {
        this.#ended = path;
        this.close();
        continue;
      }
      const goesOn = frame.firstSequence === this.#at.lastSequence + 1 && frame.previousCrc === this.#at.lastCrc;
      if (!goesOn) throw this.#damaged(segment, `the frame of sequence ${frame.firstSequence}`);
      segment.offset += frame.bytes;
      this.#at.lastSequence += frame.count;
      this.#at.lastTimeMs = frame.timeMs;
      this.#at.lastCrc = frame.crc;
      if (frame.count > 0) return { frame, path, offset };
    }
    return null;
  }

  close(): void {
    if (this.#segment !== null) closeSync(this.#segment.file);
    this.#segment = null;
  }

  /** Null: the segment ends here. */
  #frameOf(segment: OpenSegment): Frame | null {
    const head = readAt(segment.file, segment.offset, BLOCK_BYTES);
    const isEnd = head.length < BLOCK_BYTES || head.every((byte) => byte === 0);
    if (isEnd) return null;
    const payloadBytes = head.readUInt32LE(4);
    const bytes = roundUpToBlock(PAYLOAD_OFFSET + Math.min(payloadBytes, PAYLOAD_BYTES_MAX));
    const read = readFrame(bytes === BLOCK_BYTES ? head : readAt(segment.file, segment.offset, bytes), 0);
    if (!read.ok) throw this.#damaged(segment, read.found);
    return read.frame;
  }

  async #openNext(durableSequence: number): Promise<OpenSegment> {
    const wanted = this.#at.lastSequence + 1;
    // Of two that begin alike the first was never written to, or cut off: the later start goes on behind it.
    const found = (await listSegments(this.#folder, this.#disk)).findLast((one) => one.firstSequence === wanted);
    const path = found?.path ?? '';
    // The one that just ended again: what should follow in it is not there.
    if (found === undefined || path === this.#ended) {
      const expected = `a segment of sequence ${wanted}: sequence ${durableSequence} is durable`;
      throw logDamaged({ path: `${this.#folder}/wal`, offset: 0, expected, found: 'none' });
    }
    const file = openSync(path, 'r');
    const read = readSegmentHeader(readAt(file, 0, BLOCK_BYTES));
    const whole = read.ok ? read : readSegmentHeader(await this.#disk.readFile(path));
    if (!whole.ok) {
      closeSync(file);
      throw logDamaged({ path, offset: 0, expected: 'a segment header', found: whole.found });
    }
    this.#segment = { file, path, header: whole.header, offset: whole.bytes };
    return this.#segment;
  }

  #damaged({ path, offset }: OpenSegment, found: string): Error {
    return logDamaged({ path, offset, expected: `the frame of sequence ${this.#at.lastSequence + 1}`, found });
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(file, bytes, done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
