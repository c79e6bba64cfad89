/**
 * Reads a log from its first frame to its last, checking everything, writing nothing. It takes no lock and sees of each
 * file what was in it when it was opened, so it also reads the log of an engine that runs.
 *
 * Torn or rotten? At the first bad frame, where sequence S should be: a valid frame behind it that knew S to be synced,
 * or a later segment, shows that S was acknowledged, so acknowledged data is damaged and the log refused. Otherwise it is
 * the end of a write that never finished and was never acknowledged.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOCK_BYTES, FORMAT_VERSION, type Frame, readFrame } from './frame.ts';
import { logDamaged, logFromNewerVersion } from './log-errors.ts';
import { readSegmentHeader, type SegmentHeader } from './segment-header.ts';

const SEGMENT_NAME = /^segment-(\d{8})\.log$/;

export interface LogVisitor {
  /** Before the frames of a segment; throws to refuse it. */
  segment(header: SegmentHeader, path: string): void;
  frame(frame: Frame): void;
}

/** Bytes at the end of the last segment that hold no whole frame. */
export interface TornTail {
  path: string;
  /** 0: not even the segment's header is whole. */
  offset: number;
  bytes: Buffer;
  found: string;
}

export interface LogEnd {
  /** Paths, oldest first. */
  segments: string[];
  frames: number;
  lastSequence: number;
  lastTimeMs: number;
  lastCrc: number;
  torn: TornTail | null;
}

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `segment-${String(segment).padStart(8, '0')}.log`);
}

export async function readLog(folder: string, visitor: LogVisitor): Promise<LogEnd> {
  const names = (await readdir(folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
  const segments = names.map((name) => join(folder, name));
  const end: LogEnd = { segments, frames: 0, lastSequence: 0, lastTimeMs: 0, lastCrc: 0, torn: null };
  for (const [index, path] of segments.entries()) {
    const number = index + 1;
    if (path !== segmentPath(folder, number)) {
      throw logDamaged({ path, offset: 0, expected: `segment ${number} first`, found: 'a gap before this file' });
    }
    const file = await readWhole(path);
    const start = checkHeader({ path, file, number, isLast: number === segments.length }, end, visitor);
    if (start !== null) readFrames({ path, file, start, next: segments[number] }, end, visitor);
  }
  return end;
}

/** What is in the file now: what is appended while we read belongs to the next time. */
async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc((await file.stat()).size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Where the frames begin; `null` when the segment is a torn beginning. */
function checkHeader(
  { path, file, number, isLast }: { path: string; file: Buffer; number: number; isLast: boolean },
  end: LogEnd,
  visitor: LogVisitor,
): number | null {
  const read = readSegmentHeader(file);
  const expectedSequence = end.lastSequence + 1;
  if (!read.ok) {
    if (read.newerVersion !== undefined) throw logFromNewerVersion(path, read.newerVersion, FORMAT_VERSION);
    const witness = acknowledgedBehind(file, 0, 0);
    if (!isLast || witness !== null) {
      throw logDamaged({ path, offset: 0, expected: 'a segment header', found: read.found });
    }
    end.torn = { path, offset: 0, bytes: file, found: read.found };
    return null;
  }
  const { header } = read;
  visitor.segment(header, path);
  const found = `segment ${header.segment}, sequence ${header.firstSequence}, chain ${header.previousCrc}`;
  const expected = `segment ${number}, sequence ${expectedSequence}, chain ${end.lastCrc}`;
  if (found !== expected) throw logDamaged({ path, offset: 0, expected, found });
  return read.bytes;
}

function readFrames(
  { path, file, start, next }: { path: string; file: Buffer; start: number; next: string | undefined },
  end: LogEnd,
  visitor: LogVisitor,
): void {
  let offset = start;
  while (offset < file.length) {
    const sequence = end.lastSequence + 1;
    const read = readFrame(file, offset);
    if (!read.ok && read.newerVersion !== undefined) throw logFromNewerVersion(path, read.newerVersion, FORMAT_VERSION);
    const found = read.ok ? outOfPlace(read.frame, end) : read.found;
    if (found !== null) {
      const witness = next ?? acknowledgedBehind(file, offset, sequence);
      if (witness !== null) {
        throw logDamaged({
          path,
          offset,
          expected: `the frame of sequence ${sequence}, which ${witness} follows`,
          found,
        });
      }
      end.torn = { path, offset, bytes: file.subarray(offset), found };
      return;
    }
    if (!read.ok) return;
    visitor.frame(read.frame);
    end.frames++;
    end.lastSequence += read.frame.count;
    end.lastTimeMs = read.frame.timeMs;
    end.lastCrc = read.frame.crc;
    offset += read.frame.bytes;
  }
}

/** A frame that verifies but does not go on where the one before ended. */
function outOfPlace(frame: Frame, end: LogEnd): string | null {
  if (frame.firstSequence === end.lastSequence + 1 && frame.previousCrc === end.lastCrc) return null;
  return `the frame of sequence ${frame.firstSequence}, chain ${frame.previousCrc} in place of ${end.lastCrc}`;
}

/** A valid frame behind `offset` that was written when `sequence` was known to be synced, in words. */
function acknowledgedBehind(file: Buffer, offset: number, sequence: number): string | null {
  for (let at = offset + BLOCK_BYTES; at < file.length; at += BLOCK_BYTES) {
    const read = readFrame(file, at);
    if (read.ok && read.frame.durableSequence >= sequence) return `a frame at byte ${at}`;
  }
  return null;
}
