/**
 * Which events are sent that matching did not hand over in this lifetime of the engine, or hands over no second time: those
 * of earlier lifetimes, and those that the broker had acknowledged and lost. Without them `offered` would be less than
 * what is sent.
 */
import { type EventPlace, isBefore } from '../../protocol/event-records.ts';

const NOWHERE: EventPlace = { sequence: 0, index: -1 };

export class Recovered {
  /** Since the engine's start. */
  count = 0;
  /** What is behind it is new. */
  #acknowledged: EventPlace;
  /** Counted, and behind `arrived` not acknowledged yet: a session that ended takes them up again. */
  #counted = NOWHERE;
  #arrived = NOWHERE;

  constructor(startSequence: number) {
    this.#acknowledged = { sequence: startSequence, index: Number.MAX_SAFE_INTEGER };
  }

  /** The event is about to be sent, perhaps not for the first time. */
  taken({ sequence, index }: EventPlace): void {
    const place = { sequence, index };
    const isNew = isBefore(this.#acknowledged, place);
    const isCounted = !isBefore(this.#counted, place) && isBefore(this.#arrived, place);
    if (isNew || isCounted) return;
    this.count++;
    this.#counted = place;
  }

  acknowledged({ sequence, index }: EventPlace): void {
    const place = { sequence, index };
    if (isBefore(this.#acknowledged, place)) this.#acknowledged = place;
    else this.#arrived = place;
  }
}
