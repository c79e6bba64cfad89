/** Is there still room? Asked at most once a second, and never waited for. */
import type { Clock } from '../clock.ts';
import type { Disk } from './disk.ts';

const ASK_EVERY_NS = 1e9;
/** Beyond the next segment: snapshots, what a recovery sets aside, other programs. */
const RESERVE_BYTES = 4 * 1024 * 1024;

export class FreeSpace {
  readonly #folder: string;
  readonly #neededBytes: number;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #low: () => void;
  #askedNs = Number.NEGATIVE_INFINITY;
  #isLow = false;

  /**
   * @param segmentBytes what the next segment needs
   * @param low called each time that there turns out to be less
   */
  constructor(
    folder: string,
    segmentBytes: number,
    { disk, clock, low = () => undefined }: { disk: Disk; clock: Clock; low?: () => void },
  ) {
    this.#folder = folder;
    this.#neededBytes = segmentBytes + RESERVE_BYTES;
    this.#disk = disk;
    this.#clock = clock;
    this.#low = low;
  }

  /** As of a second ago. */
  get isLow(): boolean {
    const nowNs = this.#clock.monotonicNs();
    if (nowNs - this.#askedNs >= ASK_EVERY_NS) {
      this.#askedNs = nowNs;
      void this.ask();
    }
    return this.#isLow;
  }

  async ask(): Promise<void> {
    // A disk that does not even tell its room will not take an order either: the write will say so.
    const bytes = await this.#disk.freeBytes(this.#folder).catch(() => Number.POSITIVE_INFINITY);
    this.#isLow = bytes < this.#neededBytes;
    if (this.#isLow) this.#low();
  }
}
