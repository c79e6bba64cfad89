/** What a log holds, counted by a replay. */
import { COMMAND, RecordBuffer } from '../record.ts';
import type { Disk } from '../wal/disk.ts';
import { digestText } from '../wal/replay.ts';
import { replayFolder } from './replay-folder.ts';

type CommandKind = 'place' | 'cancel' | 'amend' | 'seed' | 'reset';

export interface LogInspection {
  shardId: string;
  symbols: string[];
  segments: number;
  frames: number;
  /** Frames without a command, which say that all before them is synced. */
  seals: number;
  /** The log before it is gone: the replay began with the state after it. 0: it began with the first command. */
  snapshot: number;
  /** Of the commands that were replayed; 0 where there is none. */
  firstSequence: number;
  lastSequence: number;
  commands: Record<CommandKind, number>;
  /** Orders accepted as new, and fills, since the last reset. */
  orders: number;
  matches: number;
  resting: number;
  /** Of everything the shard ever did. */
  digest: string;
  /** Bytes behind the last whole frame that are not zeros: a write under way, or torn. */
  unfinishedBytes: number;
  /** Of the orders that were asked for, how many were placed since the last reset. Null: that reaches back behind the log. */
  found?: number | null;
}

const KINDS = Object.keys({ place: 0, cancel: 0, amend: 0, seed: 0, reset: 0 }) as CommandKind[];

/** @param wanted ids of orders to look for */
export async function countLog(folder: string, disk: Disk, wanted?: readonly string[]): Promise<LogInspection> {
  const finder = new OrderFinder(wanted ?? []);
  let commands = noCommands();
  let seals = 0;
  const { state, end, snapshot } = await replayFolder(folder, disk, {
    begin() {
      finder.begin();
      commands = noCommands();
      seals = 0;
    },
    frame({ payload, count }) {
      if (count === 0) {
        seals++;
        return;
      }
      const records = RecordBuffer.over(payload);
      for (let index = 0, offset = 0; index < count; index++, offset += records.size(offset)) {
        const kind = KINDS.find((name) => COMMAND[name] === records.kind(offset));
        if (kind !== undefined) commands[kind]++;
        finder.see(kind, records, offset);
      }
    },
  });
  return {
    shardId: state.shardId,
    symbols: [...state.symbols],
    segments: end.segments.length,
    frames: end.frames - seals,
    seals,
    snapshot,
    firstSequence: end.lastSequence === snapshot ? 0 : snapshot + 1,
    lastSequence: end.lastSequence,
    commands,
    ...state.tally,
    resting: state.sideTotals('BUY').orders + state.sideTotals('SELL').orders,
    digest: digestText(state.digest),
    unfinishedBytes: end.torn?.bytes.length ?? 0,
    ...(wanted !== undefined && { found: finder.foundSince(snapshot) }),
  };
}

class OrderFinder {
  readonly #wanted: ReadonlySet<string>;
  readonly #found = new Set<string>();
  #sawReset = false;

  constructor(wanted: readonly string[]) {
    this.#wanted = new Set(wanted);
  }

  /** Null: the replay began with a state, and there was no reset since: what was placed before it is not seen. */
  foundSince(snapshot: number): number | null {
    return snapshot > 0 && !this.#sawReset ? null : this.#found.size;
  }

  begin(): void {
    this.#sawReset = false;
    this.#found.clear();
  }

  see(kind: CommandKind | undefined, records: RecordBuffer, offset: number): void {
    if (kind === 'reset') {
      this.#sawReset = true;
      this.#found.clear();
    }
    if (kind !== 'place') return;
    const orderId = records.orderId(offset);
    if (this.#wanted.has(orderId)) this.#found.add(orderId);
  }
}

function noCommands(): Record<CommandKind, number> {
  return { place: 0, cancel: 0, amend: 0, seed: 0, reset: 0 };
}
