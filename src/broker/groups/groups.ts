/** The consumer groups, and how far each has read: kept in `offsets.json`, written whole or not at all. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Group } from './group.ts';

const GROUPS_MAX = 1_000;
const WRITE_AFTER_MS = 1_000;

export class Groups {
  readonly #path: string;
  readonly #groups = new Map<string, Group>();
  /** By group, then by topic and partition. */
  #offsets: Record<string, Record<string, number>>;
  #writing: NodeJS.Timeout | null = null;
  #members = 0;

  constructor(folder: string) {
    this.#path = join(folder, 'offsets.json');
    this.#offsets = readOffsets(this.#path);
  }

  /** Undefined: there are too many. */
  group(id: string): Group | undefined {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    if (this.#groups.size >= GROUPS_MAX) return undefined;
    const group = new Group();
    this.#groups.set(id, group);
    return group;
  }

  newMemberId(client: string): string {
    return `${client}-${process.pid}-${++this.#members}-${Date.now().toString(36)}`;
  }

  /** -1: none was committed. */
  offset(group: string, topic: string, partition: number): number {
    return this.#offsets[group]?.[`${topic}/${partition}`] ?? -1;
  }

  commit(group: string, topic: string, partition: number, offset: number): void {
    this.#offsets[group] ??= Object.create(null) as Record<string, number>;
    const offsets = this.#offsets[group];
    if (offsets !== undefined) offsets[`${topic}/${partition}`] = offset;
    this.#writing ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
  }

  /** What was committed, as topic and partition. */
  committed(group: string): { topic: string; partition: number }[] {
    return Object.keys(this.#offsets[group] ?? {}).map((key) => {
      const at = key.lastIndexOf('/');
      return { topic: key.slice(0, at), partition: Number(key.slice(at + 1)) };
    });
  }

  close(): void {
    if (this.#writing !== null) this.#write();
    for (const group of this.#groups.values()) group.close();
  }

  #write(): void {
    if (this.#writing !== null) clearTimeout(this.#writing);
    this.#writing = null;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(this.#offsets));
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // A full disk: the groups read on from what was written before.
    }
  }
}

function readOffsets(path: string): Record<string, Record<string, number>> {
  try {
    const offsets = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, number>>;
    return Object.assign(Object.create(null), offsets);
  } catch {
    return Object.create(null);
  }
}
