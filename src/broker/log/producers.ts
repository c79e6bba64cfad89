/**
 * What idempotent producers have sent to one partition: a batch that is sent again is found, and not kept twice. The last
 * five batches of a producer are remembered, as Kafka does; a client has no more in flight.
 */
import { ERROR } from '../wire/error-codes.ts';
import type { BatchHeader } from '../wire/record-batch.ts';

const BATCHES_REMEMBERED = 5;
const PRODUCERS_MAX = 1_000;
const SEQUENCES = 2 ** 31;

interface Sent {
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
}

/** `again`: it was kept before, at this offset. */
export type Admission = { code: number; again?: number };

export class Producers {
  /** The least recently used first. */
  readonly #known = new Map<bigint, { epoch: number; sent: Sent[] }>();

  admit({ producerId, producerEpoch, firstSequence, recordCount }: BatchHeader): Admission {
    const known = producerId < 0n ? undefined : this.#known.get(producerId);
    // Of a producer that is not known any more any sequence is taken, as Kafka does.
    if (known === undefined) return { code: ERROR.none };
    if (producerEpoch < known.epoch) return { code: ERROR.invalidProducerEpoch };
    if (producerEpoch > known.epoch) return { code: firstSequence === 0 ? ERROR.none : ERROR.outOfOrderSequence };
    const lastSequence = lastOf(firstSequence, recordCount);
    const before = known.sent.find((one) => one.firstSequence === firstSequence && one.lastSequence === lastSequence);
    if (before !== undefined) return { code: ERROR.none, again: before.baseOffset };
    const newest = known.sent.at(-1);
    if (newest === undefined || firstSequence === (newest.lastSequence + 1) % SEQUENCES) return { code: ERROR.none };
    return { code: lastSequence <= newest.lastSequence ? ERROR.duplicateSequence : ERROR.outOfOrderSequence };
  }

  /** The batch is kept. */
  add({ producerId, producerEpoch, firstSequence, recordCount, baseOffset }: BatchHeader): void {
    if (producerId < 0n) return;
    const before = this.#known.get(producerId);
    const sent = before?.epoch === producerEpoch ? before.sent : [];
    sent.push({ firstSequence, lastSequence: lastOf(firstSequence, recordCount), baseOffset });
    if (sent.length > BATCHES_REMEMBERED) sent.shift();
    this.#known.delete(producerId);
    this.#known.set(producerId, { epoch: producerEpoch, sent });
    if (this.#known.size <= PRODUCERS_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  get highestId(): bigint {
    return [...this.#known.keys()].reduce((highest, id) => (id > highest ? id : highest), -1n);
  }
}

function lastOf(firstSequence: number, count: number): number {
  return (firstSequence + count - 1) % SEQUENCES;
}
