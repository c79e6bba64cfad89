/**
 * A disk in memory that crashes as real ones do. What was written and not synced may be there or not, sector by sector;
 * names that were made, changed or removed since the folder was synced are there up to some point. A write to a file
 * that was opened synced is on disk when it resolves, and may be there in part when the crash comes first.
 */
import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../../src/engine/wal/disk.ts';

const SECTOR_BYTES = 512;

interface SimFile {
  /** As programs see it, and as a crash leaves it at least. */
  seen: Buffer;
  durable: Buffer;
}

interface Renaming {
  folder: string;
  apply(names: Map<string, SimFile>): void;
}

export class SimCrash extends Error {}

export interface SimOptions {
  random: () => number;
  /** Called before each operation; throws to make it fail. */
  before?: (operation: string, path: string) => void;
  files?: ReadonlyMap<string, Buffer>;
}

export class SimDisk implements Disk {
  operations = 0;
  free = Number.POSITIVE_INFINITY;
  readonly #options: SimOptions;
  readonly #seen = new Map<string, SimFile>();
  readonly #durable = new Map<string, SimFile>();
  #renamings: Renaming[] = [];

  constructor(options: SimOptions) {
    this.#options = options;
    for (const [path, bytes] of options.files ?? []) {
      const file = { seen: Buffer.from(bytes), durable: Buffer.from(bytes) };
      this.#seen.set(path, file);
      this.#durable.set(path, file);
    }
  }

  /** What programs see. */
  files(): Map<string, Buffer> {
    return new Map([...this.#seen].map(([path, { seen }]) => [path, Buffer.from(seen)]));
  }

  /** What is left when the machine loses its power now. */
  afterCrash(): Map<string, Buffer> {
    const names = new Map(this.#durable);
    const kept = Math.floor(this.#options.random() * (this.#renamings.length + 1));
    for (const renaming of this.#renamings.slice(0, kept)) renaming.apply(names);
    return new Map([...names].map(([path, file]) => [path, this.#partOf(file)]));
  }

  async create(path: string): Promise<DiskFile> {
    this.#begin('create', path);
    if (this.#seen.has(path)) throw systemError('EEXIST', 'open');
    const file: SimFile = { seen: Buffer.alloc(0), durable: Buffer.alloc(0) };
    this.#rename(dirname(path), (names) => void names.set(path, file));
    return this.#open(path, file, false);
  }

  async openSynced(path: string): Promise<DiskFile> {
    this.#begin('open', path);
    return this.#open(path, this.#find(path), true);
  }

  async readFile(path: string): Promise<Buffer> {
    return Buffer.from(this.#find(path).seen);
  }

  async list(folder: string): Promise<string[]> {
    return [...this.#seen.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async makeFolder(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    this.#begin('rename', from);
    const file = this.#find(from);
    this.#rename(dirname(to), (names) => {
      names.delete(from);
      names.set(to, file);
    });
  }

  async remove(path: string): Promise<void> {
    this.#begin('remove', path);
    this.#find(path);
    this.#rename(dirname(path), (names) => void names.delete(path));
  }

  async syncFolder(folder: string): Promise<void> {
    this.#begin('syncFolder', folder);
    for (const renaming of this.#renamings) if (renaming.folder === folder) renaming.apply(this.#durable);
    this.#renamings = this.#renamings.filter((renaming) => renaming.folder !== folder);
  }

  async freeBytes(): Promise<number> {
    return this.free;
  }

  #open(path: string, file: SimFile, isSynced: boolean): DiskFile {
    return {
      write: async (bytes, position) => {
        // The write is under way when the crash comes: its sectors are seen, and may be durable.
        const end = position + bytes.length;
        if (file.seen.length < end) file.seen = Buffer.concat([file.seen, Buffer.alloc(end - file.seen.length)]);
        const before = Buffer.from(file.seen.subarray(position, end));
        file.seen.set(bytes, position);
        try {
          this.#begin('write', path);
        } catch (thrown) {
          if (!(thrown instanceof SimCrash)) file.seen.set(before, position);
          throw thrown;
        }
        if (isSynced) file.durable = Buffer.from(file.seen);
        return bytes.length;
      },
      sync: async () => {
        this.#begin('sync', path);
        file.durable = Buffer.from(file.seen);
      },
      close: async () => undefined,
    };
  }

  #begin(operation: string, path: string): void {
    this.operations++;
    this.#options.before?.(operation, path);
  }

  #find(path: string): SimFile {
    const file = this.#seen.get(path);
    if (file === undefined) throw systemError('ENOENT', 'open');
    return file;
  }

  #rename(folder: string, apply: Renaming['apply']): void {
    apply(this.#seen);
    this.#renamings.push({ folder, apply });
  }

  /** Each sector is as it was synced, or as it was written last. */
  #partOf({ seen, durable }: SimFile): Buffer {
    const { random } = this.#options;
    const grown = durable.length + Math.floor(random() * (seen.length - durable.length + 1));
    const left = Buffer.alloc(Math.max(durable.length, grown));
    durable.copy(left);
    if (seen.equals(durable)) return left;
    const share = random();
    for (let at = 0; at < left.length; at += SECTOR_BYTES) {
      if (random() < share) seen.copy(left, at, at, Math.min(at + SECTOR_BYTES, left.length));
    }
    return left;
  }
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}
