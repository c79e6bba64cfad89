/** How many of those that wait in the ring make the next batch: one frame of the log. */
import { COMMAND } from '../record.ts';
import type { Ring } from './ring.ts';

/** Keeps a batch's matching short: about a millisecond. */
const BATCH_COMMANDS_MAX = 4096;
/** A stretch that a disk takes in one go. */
const BATCH_BYTES_MAX = 256 * 1024;

/**
 * A seed and a reset are batches of their own: the one fills a frame, the other frees what answers refer to.
 * @param from index of the first one that is in no batch yet
 */
export function nextBatch(ring: Ring<unknown>, from: number): number {
  const countMax = Math.min(ring.size - from, BATCH_COMMANDS_MAX);
  let bytes = 0;
  for (let count = 0; count < countMax; count++) {
    const slot = ring.at(from + count);
    const records = ring.recordsOf(slot);
    const offset = ring.offsetOf(slot);
    const kind = records.kind(offset);
    bytes += records.size(offset);
    const isAlone = kind === COMMAND.seed || kind === COMMAND.reset;
    if (isAlone || bytes > BATCH_BYTES_MAX) return Math.max(1, count);
  }
  return countMax;
}
