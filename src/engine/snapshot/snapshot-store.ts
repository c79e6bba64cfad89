/**
 * The snapshots of a shard, in `snap/` of its folder: `00000000000001048576.snap` holds the state after that sequence.
 * One is written under another name, synced, renamed, and the folder synced: a file of that name is whole, or damaged.
 */
import { join } from 'node:path';
import { type Disk, writeWhole } from '../wal/disk.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot-format.ts';

/** The newest may turn out damaged: then the one before it bounds the replay, and the log since then is kept for it. */
export const SNAPSHOTS_KEPT = 2;

const FOLDER = 'snap';
const NAME = /^(\d{20})\.snap$/;

export class SnapshotStore {
  readonly folder: string;
  readonly #disk: Disk;

  constructor(logFolder: string, disk: Disk) {
    this.folder = join(logFolder, FOLDER);
    this.#disk = disk;
  }

  /** Sequences of the snapshots that are there, newest first, whole or not. */
  async sequences(): Promise<number[]> {
    const names = await this.#disk.list(this.folder);
    const sequences = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    return sequences.sort((left, right) => right - left);
  }

  async read(sequence: number): Promise<ReturnType<typeof decodeSnapshot>> {
    return decodeSnapshot(await this.#disk.readFile(this.path(sequence)));
  }

  /** @returns its size in bytes */
  async write(snapshot: Snapshot): Promise<number> {
    const parts = encodeSnapshot(snapshot);
    await this.#disk.makeFolder(this.folder);
    await writeWhole(this.#disk, this.path(snapshot.sequence), parts);
    return parts.reduce((sum, { length }) => sum + length, 0);
  }

  async remove(sequence: number): Promise<void> {
    await this.#disk.remove(this.path(sequence));
  }

  path(sequence: number): string {
    return join(this.folder, `${String(sequence).padStart(20, '0')}.snap`);
  }
}
