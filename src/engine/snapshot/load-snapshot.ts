/** From the newest whole snapshot to a state, and to where the log goes on behind it. */
import { strict as assert } from 'node:assert';
import type { ShardState } from '../match/shard-state.ts';
import { restoreState } from '../match/state-image.ts';
import { logLacksSymbol, logOfOtherShard, logOfOtherVersion } from '../wal/log-errors.ts';
import type { LogPlace } from '../wal/read-log.ts';
import { SNAPSHOT_VERSION, type Snapshot } from './snapshot-format.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** The newest one that is whole; a damaged one is passed over, and told. `null`: there is none. */
export async function newestSnapshot(
  store: SnapshotStore,
  tell: (sentence: string) => void = () => undefined,
): Promise<Snapshot | null> {
  for (const sequence of await store.sequences()) {
    const read = await store.read(sequence);
    if (read.ok) return read.snapshot;
    if (read.newerVersion !== undefined) {
      throw logOfOtherVersion(store.path(sequence), read.newerVersion, SNAPSHOT_VERSION);
    }
    tell(`snapshot ${store.path(sequence)} is damaged (${read.found}): passed over`);
  }
  return null;
}

/** Puts a snapshot into a state that is empty. Returns where the log goes on. */
export function restoreSnapshot(snapshot: Snapshot, state: ShardState, path: string): LogPlace {
  if (snapshot.shardId !== state.shardId) throw logOfOtherShard(path, snapshot.shardId, state.shardId);
  const lacking = snapshot.symbols.find((symbol) => !state.symbols.includes(symbol));
  if (lacking !== undefined) throw logLacksSymbol(path, lacking);
  assert(state.orders.known === 0, 'a snapshot is restored into an empty state');
  restoreState(state, snapshot.image, snapshot.symbols);
  const { sequence: lastSequence, timeMs: lastTimeMs, chain: lastCrc } = snapshot;
  return { lastSequence, lastTimeMs, lastCrc };
}
