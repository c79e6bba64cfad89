/**
 * How far publishing has come: in `published.json` of the shard's folder, now and then. It is a hint, and no more: it
 * counts for a partition only if that is at least as long as it was, so a broker that lost its tail, or another broker,
 * is noticed, and what it lacks is published again.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventPlace, isBefore, type Topic } from '../../protocol/event-records.ts';

/** Every event up to `sequence` was acknowledged when the partitions had these ends. */
export interface PublishedMark {
  logId: string;
  sequence: number;
  /** By `topic/partition`. */
  ends: Record<string, number>;
}

const NAME = 'published.json';
/** Behind every event of a command. */
const LAST_INDEX = Number.MAX_SAFE_INTEGER;

export async function readMark(folder: string, logId: string): Promise<PublishedMark | null> {
  try {
    const mark = JSON.parse(await readFile(join(folder, NAME), 'utf8')) as PublishedMark;
    const isMark = mark.logId === logId && Number.isSafeInteger(mark.sequence) && typeof mark.ends === 'object';
    return isMark ? mark : null;
  } catch {
    return null;
  }
}

/** Without a sync: an older mark, or none, costs a longer look at the topic. */
export async function writeMark(folder: string, mark: PublishedMark): Promise<void> {
  const path = join(folder, NAME);
  await writeFile(`${path}.tmp`, `${JSON.stringify(mark)}\n`);
  await rename(`${path}.tmp`, path);
}

/** Behind which event each partition of each topic goes on. */
export class Published {
  readonly #last = new Map<string, EventPlace>();

  /** @param last null: nothing is published */
  set(topic: Topic, partition: number, last: EventPlace | null): void {
    this.#last.set(`${topic}/${partition}`, last ?? { sequence: 0, index: LAST_INDEX });
  }

  /** Every event up to this sequence. */
  setWhole(topic: Topic, partition: number, sequence: number): void {
    this.#last.set(`${topic}/${partition}`, { sequence, index: LAST_INDEX });
  }

  has(topic: Topic, partition: number, place: EventPlace): boolean {
    const last = this.#last.get(`${topic}/${partition}`);
    return last !== undefined && !isBefore(last, place);
  }

  /** Every event up to this sequence is published, in every partition. */
  get wholeSequence(): number {
    const whole = [...this.#last.values()].map(({ sequence, index }) =>
      index === LAST_INDEX ? sequence : sequence - 1,
    );
    return Math.min(...whole);
  }
}
