/**
 * Writes a golden log: what one release writes, every later one must read, with the same books and the same events. Run
 * once for a format, with the release that brings it: `node test/golden/write-log.ts test/golden/log-v2`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countLog } from '../../src/engine/inspect/count-log.ts';
import { listEvents } from '../../src/engine/inspect/list-events.ts';
import { ShardState } from '../../src/engine/match/shard-state.ts';
import { makeSnapshot } from '../../src/engine/snapshot/follower.ts';
import { systemDisk } from '../../src/engine/wal/disk.ts';
import { sparePath } from '../../src/engine/wal/folder.ts';
import { recover } from '../../src/engine/wal/recover.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { type Command, recordOf, SYMBOLS, type TestOrder } from '../engine/orders.ts';

const SEGMENT_BYTES = 32 * 1024;
const BATCHES = 60;
const random = seededRandom(2026);
const below = (limit: number): number => Math.floor(random() * limit);
const oneOf = <Choice>(...choices: readonly Choice[]): Choice => choices[below(choices.length)] as Choice;
const ids: string[] = [];

function newId(): string {
  const hex = (digits: number): string => below(16 ** digits).toString(16).padStart(digits, '0');
  const uuid = `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(8)}${hex(4)}`;
  const id = oneOf(uuid, uuid.toUpperCase(), `o-${ids.length}`, `${ids.length}`.padEnd(64, 'x'));
  ids.push(id);
  return id;
}

function newOrder(): TestOrder {
  const type = random() < 0.1 ? 'MARKET' : 'LIMIT';
  const timeInForce = oneOf('GTC', 'GTC', 'GTC', 'IOC', 'FOK');
  return {
    orderId: newId(),
    symbol: oneOf(...SYMBOLS),
    side: oneOf('BUY', 'SELL'),
    type,
    timeInForce,
    postOnly: type === 'LIMIT' && timeInForce === 'GTC' && random() < 0.2,
    priceCents: type === 'MARKET' ? 0 : oneOf(1, 1e9, 95 + below(10), 95 + below(10), 95 + below(10)),
    quantity: oneOf(1, 5, 10, 1e9),
    ...(random() < 0.3 && { account: oneOf('desk:1', 'desk:2') }),
  };
}

function newCommand(): Command {
  const kind = random();
  const orderId = oneOf(...ids, 'unknown');
  const symbol = oneOf(null, ...SYMBOLS);
  if (ids.length > 5 && kind < 0.15) return { kind: 'cancel', orderId, symbol };
  if (ids.length > 5 && kind < 0.3) {
    return { kind: 'amend', orderId, symbol, ...oneOf({ priceCents: 95 + below(10) }, { quantity: 1 + below(9) }) };
  }
  return { kind: 'place', order: newOrder() };
}

function newBatch(batch: number): Command[] {
  if (batch === 40) return [{ kind: 'reset' }];
  if (batch % 20 === 5) {
    const resting = { type: 'LIMIT', timeInForce: 'GTC', postOnly: false, priceCents: 90 } as const;
    return [{ kind: 'seed', orders: Array.from({ length: 200 }, () => ({ ...newOrder(), ...resting, side: 'BUY' })) }];
  }
  return Array.from({ length: 1 + below(60) }, newCommand);
}

const [target = ''] = process.argv.slice(2);
const folder = join(target, 'shard');
await mkdir(folder, { recursive: true });
let now = 1_767_225_600_000;
const clock = { nowMs: () => now, monotonicNs: () => 0, after: () => () => undefined, soon: setImmediate };
const about = { folder, shardId: 'golden', symbols: SYMBOLS, disk: systemDisk };
const state = new ShardState('golden', SYMBOLS);
let segmentIds = 1;
const parts = { ...about, segmentBytesMax: SEGMENT_BYTES, clock, newSegmentId: () => segmentIds++ };
const { log } = await recover(parts, state);
for (let batch = 0; batch < BATCHES; batch++) {
  const records = newBatch(batch).map((command) => recordOf(command));
  const at = { sequence: log.lastSequence, timeMs: ++now };
  for (const record of records) log.put(record, 0);
  await log.commit(now, state.digest);
  for (const record of records) {
    at.sequence++;
    state.apply(record, 0, at);
  }
  state.effects.clear();
  if (batch % 7 === 0) await log.seal(state.digest);
  if (batch === 30) await makeSnapshot(about, systemDisk);
}
await log.seal(state.digest);
await log.close();
await systemDisk.remove(sparePath(folder));
const lines: string[] = [];
await listEvents(folder, systemDisk, ({ value }) => lines.push(value));
await writeFile(join(target, 'events.ndjson'), `${lines.join('\n')}\n`);
await writeFile(join(target, 'inspection.json'), `${JSON.stringify(await countLog(folder, systemDisk), null, 2)}\n`);
