/**
 * Reads a log from its first frame, or from where a snapshot ends, to its last, checking everything, writing nothing. It
 * takes no lock and sees of each file what was in it when it was read, so it also reads the log of an engine that runs.
 *
 * Torn or rotten? At the first bad frame, where sequence S should be: a valid frame of this segment behind it that knew S
 * to be synced, or a later segment that goes on behind S, shows that S was acknowledged, so acknowledged data is damaged
 * and the log refused. Otherwise it is the end of a write that never finished and was never acknowledged. Zeros to the
 * end are simply what was prepared and not used yet.
 */
import type { Disk } from './disk.ts';
import { listSegments, logFolder, type SegmentFile } from './folder.ts';
import { BLOCK_BYTES, FORMAT_VERSION, type Frame, readFrame } from './frame.ts';
import { logDamaged, logOfOtherVersion } from './log-errors.ts';
import { readSegmentHeader, type SegmentHeader } from './segment-header.ts';

export interface LogVisitor {
  /** Before the frames of a segment; throws to refuse it. */
  segment(header: SegmentHeader, path: string): void;
  frame(frame: Frame, place: { path: string; offset: number }): void;
}

/** Where reading begins: behind this sequence. */
export interface LogPlace {
  lastSequence: number;
  lastTimeMs: number;
  lastCrc: number;
}

/** Bytes at the end of the last segment that hold no whole frame, and are not zeros. */
export interface TornTail {
  path: string;
  /** 0: not even the segment's header is whole. */
  offset: number;
  bytes: Buffer;
  found: string;
}

export interface LogEnd extends LogPlace {
  /** Oldest first, among them those that a snapshot covers. */
  segments: SegmentFile[];
  frames: number;
  torn: TornTail | null;
  /** The last segment that was read: its header and whole frames. `null`: there is none. */
  tail: { path: string; bytes: Buffer; frames: number; fileBytes: number } | null;
}

export const LOG_BEGINNING: LogPlace = { lastSequence: 0, lastTimeMs: 0, lastCrc: 0 };

/** @param closedOnly leave the last segment out: an engine may be writing it */
export async function readLog(
  { folder, disk, closedOnly = false }: { folder: string; disk: Disk; closedOnly?: boolean },
  visitor: LogVisitor,
  from: LogPlace = LOG_BEGINNING,
): Promise<LogEnd> {
  const segments = await listSegments(folder, disk);
  const end: LogEnd = { ...from, segments, frames: 0, torn: null, tail: null };
  const first = firstToRead(segments, from);
  if (first < 0 && segments.length > 0) throw beginningMissing(folder, segments, from);
  const count = segments.length - (closedOnly ? 1 : 0);
  for (let index = Math.max(first, 0); index < count; index++) {
    const segment = segments[index];
    if (segment === undefined) break;
    const file = await disk.readFile(segment.path);
    readSegment({ file, path: segment.path, next: segments[index + 1] }, end, visitor);
  }
  return end;
}

/** The newest segment that begins right behind the place: what is before it is covered. -1: there is none. */
function firstToRead(segments: readonly SegmentFile[], { lastSequence }: LogPlace): number {
  return segments.findIndex(({ firstSequence }) => firstSequence === lastSequence + 1);
}

function beginningMissing(folder: string, segments: readonly SegmentFile[], { lastSequence }: LogPlace): Error {
  const [oldest] = segments;
  return logDamaged({
    path: logFolder(folder),
    offset: 0,
    expected: `a segment that begins with sequence ${lastSequence + 1}`,
    found: `sequence ${oldest?.firstSequence} first, and no whole snapshot before it`,
  });
}

interface OpenSegment {
  file: Buffer;
  path: string;
  next: SegmentFile | undefined;
}

function readSegment(segment: OpenSegment, end: LogEnd, visitor: LogVisitor): void {
  const { file, path, next } = segment;
  const read = readSegmentHeader(file);
  const expected = end.lastSequence + 1;
  if (!read.ok) {
    if (read.otherVersion !== undefined) throw logOfOtherVersion(path, read.otherVersion, FORMAT_VERSION);
    if (next !== undefined || hasFrame(file)) {
      throw logDamaged({ path, offset: 0, expected: `a segment header, of sequence ${expected}`, found: read.found });
    }
    end.torn = { path, offset: 0, bytes: file, found: read.found };
    return;
  }
  const { header } = read;
  visitor.segment(header, path);
  const goesOn = header.firstSequence === expected && header.previousCrc === end.lastCrc;
  if (!goesOn) {
    throw logDamaged({
      path,
      offset: 0,
      expected: `a segment of sequence ${expected}, chain ${end.lastCrc}`,
      found: `sequence ${header.firstSequence}, chain ${header.previousCrc}`,
    });
  }
  const framesBefore = end.frames;
  const bytes = readFrames(segment, { header, start: read.bytes }, end, visitor);
  const frames = end.frames - framesBefore;
  end.tail = { path, bytes: file.subarray(0, bytes), frames, fileBytes: file.length };
}

/** Returns where the whole frames end. */
function readFrames(
  { file, path, next }: OpenSegment,
  { header, start }: { header: SegmentHeader; start: number },
  end: LogEnd,
  visitor: LogVisitor,
): number {
  let offset = start;
  while (offset < file.length) {
    const read = readFrame(file, offset);
    const found = read.ok ? outOfPlace(read.frame, header, end) : read.found;
    if (!read.ok || found !== null) {
      endAt({ file, path, next }, { offset, found: found ?? '', header }, end);
      return offset;
    }
    visitor.frame(read.frame, { path, offset });
    end.frames++;
    end.lastSequence += read.frame.count;
    end.lastTimeMs = read.frame.timeMs;
    end.lastCrc = read.frame.crc;
    offset += read.frame.bytes;
  }
  return offset;
}

/** A frame that verifies but does not go on where the one before ended, or is another file's. */
function outOfPlace(frame: Frame, { segmentId, epoch }: SegmentHeader, end: LogEnd): string | null {
  if (frame.segmentId !== segmentId || frame.epoch !== epoch)
    return `a frame of epoch ${frame.epoch}, another segment's`;
  if (frame.firstSequence === end.lastSequence + 1 && frame.previousCrc === end.lastCrc) return null;
  return `the frame of sequence ${frame.firstSequence}, chain ${frame.previousCrc} in place of ${end.lastCrc}`;
}

/** What stands where no whole frame is: nothing, a torn write, or damage. */
function endAt(
  { file, path, next }: OpenSegment,
  { offset, found, header }: { offset: number; found: string; header: SegmentHeader },
  end: LogEnd,
): void {
  const sequence = end.lastSequence + 1;
  const isContinued = next !== undefined && next.firstSequence > sequence;
  const witness = isContinued ? `the segment ${next.path}` : acknowledgedBehind(file, offset, { sequence, header });
  if (witness !== null) {
    const expected = `the frame of sequence ${sequence}, which ${witness} follows`;
    throw logDamaged({ path, offset, expected, found });
  }
  const isUnused = file.subarray(offset).every((byte) => byte === 0);
  if (next === undefined && !isUnused) end.torn = { path, offset, bytes: file.subarray(offset), found };
}

/** A valid frame of this segment behind `offset`, written when `sequence` was known to be synced, in words. */
function acknowledgedBehind(
  file: Buffer,
  offset: number,
  { sequence, header }: { sequence: number; header: SegmentHeader },
): string | null {
  for (let at = offset + BLOCK_BYTES; at < file.length; at += BLOCK_BYTES) {
    const read = readFrame(file, at);
    if (!read.ok || read.frame.segmentId !== header.segmentId) continue;
    if (read.frame.durableSequence >= sequence) return `a frame at byte ${at}`;
  }
  return null;
}

function hasFrame(file: Buffer): boolean {
  for (let at = 0; at < file.length; at += BLOCK_BYTES) if (readFrame(file, at).ok) return true;
  return false;
}
