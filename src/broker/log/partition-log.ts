/**
 * One partition: a file of record batches, one behind the other. What is appended is in the page cache when it is
 * acknowledged, as with Kafka's defaults: it survives the end of the process, not that of the machine. What stands behind
 * the last whole batch, after a kill in the middle of a write, is cut off at the start.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { ERROR } from '../wire/error-codes.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  type BatchHeader,
  hasRightChecksum,
  readBatchHeader,
  withBaseOffset,
} from '../wire/record-batch.ts';
import { Producers } from './producers.ts';

/** An entry of the index for at least so many bytes of the file. */
const INDEX_BYTES = 16 * 1024;

export interface Appended {
  code: number;
  baseOffset: number;
}

export class PartitionLog {
  readonly producers = new Producers();
  readonly #file: number;
  #bytes = 0;
  #endOffset = 0;
  /** Where the batches of these base offsets begin, ascending. */
  readonly #index: { offset: number; position: number }[] = [];

  /** Opens or makes the file, checks every batch in it. */
  constructor(path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o640);
    const fileBytes = fstatSync(this.#file).size;
    while (this.#bytes < fileBytes) {
      const batch = this.#batchAt(this.#bytes);
      if (batch === undefined || batch.header.baseOffset !== this.#endOffset || !hasRightChecksum(batch.bytes)) break;
      this.#added(batch.header);
    }
    if (this.#bytes < fileBytes) ftruncateSync(this.#file, this.#bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** Keeps a batch that was checked. */
  append(batch: Buffer): Appended {
    const header = readBatchHeader(batch);
    if (header === undefined) return { code: ERROR.corruptMessage, baseOffset: -1 };
    const { code, again } = this.producers.admit(header);
    if (code !== ERROR.none || again !== undefined) return { code, baseOffset: again ?? -1 };
    const baseOffset = this.#endOffset;
    try {
      const kept = withBaseOffset(batch, baseOffset);
      const written = writeSync(this.#file, kept, 0, kept.length, this.#bytes);
      if (written < kept.length) throw new Error(`${written} of ${kept.length} bytes written`);
    } catch {
      ftruncateSync(this.#file, this.#bytes);
      return { code: ERROR.storageError, baseOffset: -1 };
    }
    this.#added({ ...header, baseOffset });
    return { code: ERROR.none, baseOffset };
  }

  /** Batches from the one that holds `offset` on: as many bytes as asked for, and at least one whole batch. */
  read(offset: number, bytesMax: number): Buffer {
    const position = this.#find(({ baseOffset, recordCount }) => baseOffset + recordCount > offset, offset);
    const header = position === undefined ? undefined : this.#headerAt(position);
    if (position === undefined || header === undefined) return Buffer.alloc(0);
    const length = Math.min(Math.max(header.bytes, bytesMax), this.#bytes - position);
    return this.#readBytes(position, length);
  }

  /** Base offset of the first batch that holds a record of then or later. Undefined: there is none. */
  offsetAt(timestampMs: number): { offset: number; timestampMs: number } | undefined {
    const position = this.#find(({ maxTimestampMs }) => maxTimestampMs >= timestampMs, 0);
    const header = position === undefined ? undefined : this.#headerAt(position);
    return header && { offset: header.baseOffset, timestampMs: header.maxTimestampMs };
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Position of the first batch that fits, looked for from the one that holds `offset` on. */
  #find(fits: (header: BatchHeader) => boolean, offset: number): number | undefined {
    let position = this.#indexed(offset);
    while (position < this.#bytes) {
      const header = this.#headerAt(position);
      if (header === undefined) return undefined;
      if (fits(header)) return position;
      position += header.bytes;
    }
    return undefined;
  }

  #indexed(offset: number): number {
    let [low, high] = [0, this.#index.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#index[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#index[low - 1]?.position ?? 0;
  }

  #added(header: BatchHeader): void {
    if (this.#bytes - (this.#index.at(-1)?.position ?? -INDEX_BYTES) >= INDEX_BYTES) {
      this.#index.push({ offset: header.baseOffset, position: this.#bytes });
    }
    this.producers.add(header);
    this.#bytes += header.bytes;
    this.#endOffset += header.recordCount;
  }

  #headerAt(position: number): BatchHeader | undefined {
    return readBatchHeader(this.#readBytes(position, BATCH_HEADER_BYTES));
  }

  #batchAt(position: number): { header: BatchHeader; bytes: Buffer } | undefined {
    const header = this.#headerAt(position);
    if (header === undefined || header.recordCount < 1 || header.bytes > BATCH_BYTES_MAX) return undefined;
    const bytes = this.#readBytes(position, header.bytes);
    return bytes.length === header.bytes ? { header, bytes } : undefined;
  }

  #readBytes(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(this.#file, bytes, 0, length, position));
  }
}
