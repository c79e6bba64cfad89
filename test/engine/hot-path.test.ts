import { describe, expect, it } from 'vitest';
import type { Answers } from '../../src/engine/answers.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { HotPath } from '../../src/engine/hot-path.ts';
import { EFFECT } from '../../src/engine/match/effects.ts';
import { EngineMetrics } from '../../src/engine/metrics/engine-metrics.ts';
import { type CommittedBatch, eventsIn, NoSink } from '../../src/engine/publish/event-sink.ts';
import { COMMAND, type RecordBuffer } from '../../src/engine/record.ts';
import { Ring } from '../../src/engine/ring/ring.ts';
import { buy, type Command, place, recordOf, sell } from './orders.ts';
import { openLog, quickDisk, temporaryFolder } from './wal/logs.ts';

class CountingSink extends NoSink {
  offered = 0;

  override offer({ state }: CommittedBatch): void {
    this.offered += eventsIn(state.effects);
  }
}

/** A clock whose timers are rung by the test. */
function handClock() {
  const timers = new Map<object, { delayMs: number; action: () => void }>();
  const after = (delayMs: number, action: () => void) => {
    const key = {};
    timers.set(key, { delayMs, action });
    return () => timers.delete(key);
  };
  const ring = (delayMs: number): void => {
    for (const [key, timer] of timers) {
      if (timer.delayMs !== delayMs) continue;
      timers.delete(key);
      timer.action();
    }
  };
  return { clock: { ...systemClock, after }, ring };
}

/** An engine without HTTP, on a disk whose writes wait to be let through. */
async function engine(ackMode: 'durable' | 'received' = 'durable', ringSlots = 8) {
  const writes: { pass(): void; fail(): void }[] = [];
  let isHeld = false;
  const disk = {
    ...quickDisk,
    openSynced: async (path: string) => {
      const file = await quickDisk.openSynced(path);
      return {
        ...file,
        write: async (bytes: Uint8Array, position: number) => {
          if (isHeld) {
            await new Promise<void>((pass, fail) => writes.push({ pass, fail: () => fail(new Error('EIO')) }));
          }
          return file.write(bytes, position);
        },
      };
    },
  };
  const { log, state } = await openLog(await temporaryFolder(), { disk });
  isHeld = true;
  const sink = new CountingSink();
  const metrics = new EngineMetrics('a');
  const ring = new Ring<string>(ringSlots);
  const answers: object[] = [];
  const { effects } = state;
  const kindOf = (value: number) => Object.entries(EFFECT).find(([, kind]) => kind === value)?.[0];
  const told: Answers<string> = {
    command: (client, _records, _offset, row) => answers.push({ client, kind: kindOf(effects.kind[row] ?? 0) }),
    view: (client, _records, _offset, view) => answers.push({ client, view }),
    unseen: (client) => answers.push({ client, kind: 'unseen' }),
    unavailable: (client, _records, _offset, why) => answers.push({ client, ...why }),
  };
  const { clock, ring: ringTimers } = handClock();
  const hotPath = new HotPath({ ring, state, answers: told, sink, metrics, clock, ackMode });
  const submitRecord = (client: string, kind: number, write: (into: RecordBuffer, offset: number) => void): void => {
    const reason = hotPath.whyNot(kind);
    if (reason !== null) {
      answers.push({ client, reason, outcome: 'not_accepted' });
      return;
    }
    write(ring.records, ring.claim());
    hotPath.submit(client, 0, 0);
  };
  const submit = (...commands: Command[]): void => {
    for (const command of commands) {
      const record = recordOf(command);
      const client = command.kind === 'place' ? command.order.orderId : command.kind;
      if (command.kind === 'seed') hotPath.submit(client, 0, 0, record);
      else {
        submitRecord(client, record.kind(0), (into, offset) =>
          into.bytes.set(record.bytes.subarray(0, record.size(0)), offset),
        );
      }
    }
  };
  const submitBook = (): void =>
    submitRecord('book', COMMAND.bookQuery, (into, offset) => {
      into.write(offset, { kind: COMMAND.bookQuery, flags: 0, symbol: 0, priceCents: 0, quantity: 10 });
    });
  const metricLines = async (start: string) =>
    (await metrics.page(0, sink.totals(), 0))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(start));
  const nextWrite = () =>
    expect
      .poll(() => writes.length, { interval: 1, timeout: 5000 })
      .toBe(1)
      .then(() => writes.pop());
  const letThrough = (): void => {
    isHeld = false;
    for (const write of writes.splice(0)) write.pass();
  };
  return {
    hotPath,
    log,
    state,
    sink,
    submit,
    submitBook,
    answers,
    metricLines,
    nextWrite,
    writes,
    letThrough,
    ringTimers,
  };
}

const SEAL_MS = 5;
const STALL_MS = 2000;

describe('the hot path', () => {
  it('lets nothing of a batch leave before it is on disk', async () => {
    const { hotPath, log, submit, submitBook, answers, sink, metricLines, nextWrite } = await engine();
    hotPath.start(log);
    submit(place(sell('a', 10, 2)));
    submitBook();
    submit(place(buy('b', 10, 1)));
    const write = await nextWrite();
    submitBook();
    expect([answers, sink.offered]).toEqual([[], 0]);
    const waiting = [...(await metricLines('me_matches_total')), ...(await metricLines('me_orderbook_depth{'))];
    expect(waiting.every((line) => line.endsWith(' 0'))).toBe(true);
    write?.pass();
    await expect.poll(() => answers.length).toBe(4);
    expect(answers).toMatchObject([
      { client: 'a', kind: 'accepted' },
      { view: { sequence: 1, asks: [{ price: 10, quantity: 2, orders: 1 }] } },
      { client: 'b', kind: 'accepted' },
      { view: { sequence: 2, asks: [{ price: 10, quantity: 1, orders: 1 }] } },
    ]);
    expect(sink.offered).toBe(3);
    expect(await metricLines('me_matches_total')).toEqual(['me_matches_total{shard="a"} 1']);
    expect(await metricLines('me_orderbook_depth')).toContain('me_orderbook_depth{shard="a",side="ask"} 1');
    expect(await metricLines('me_match_duration_seconds_count')).toEqual([
      'me_match_duration_seconds_count{shard="a"} 2',
    ]);
  });

  it('gives the disk the next batch before the answers of this one are written', async () => {
    const { hotPath, log, submit, answers, nextWrite } = await engine();
    hotPath.start(log);
    submit(place(sell('first', 10, 1)));
    const first = await nextWrite();
    submit(place(sell('second', 11, 1)), place(buy('third', 11, 2)));
    first?.pass();
    const second = await nextWrite();
    expect(answers).toEqual([{ client: 'first', kind: 'accepted' }]);
    second?.pass();
    await expect.poll(() => answers.length).toBe(3);
  });

  it('does not count repeats and refused orders', async () => {
    const { hotPath, log, submit, answers, metricLines, nextWrite } = await engine();
    hotPath.start(log);
    submit(place(buy('b', 10, 1)), place(buy('b', 10, 1)), place(buy('b', 11, 1)));
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(3);
    expect(await metricLines('me_orders_received_total{')).toEqual([
      'me_orders_received_total{shard="a",side="buy"} 1',
      'me_orders_received_total{shard="a",side="sell"} 0',
    ]);
  });

  it('makes a seed and a reset batches of their own', async () => {
    const { hotPath, log, submit, answers, nextWrite } = await engine();
    hotPath.start(log);
    submit(
      place(buy('b', 10, 1)),
      { kind: 'seed', orders: [sell('s', 20, 1)] },
      { kind: 'reset' },
      place(buy('b', 11, 1)),
    );
    const kinds = ['accepted', 'seeded', 'reset', 'accepted'];
    for (const [index] of kinds.entries()) {
      (await nextWrite())?.pass();
      await expect.poll(() => answers.length).toBe(index + 1);
    }
    expect(answers).toMatchObject(kinds.map((kind) => ({ kind })));
  });

  it('says that an idle log is safe, once', async () => {
    const { hotPath, log, submit, answers, nextWrite, writes, ringTimers } = await engine();
    hotPath.start(log);
    submit(place(buy('b', 10, 1)));
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(1);
    ringTimers(SEAL_MS);
    const seal = await nextWrite();
    submit(place(buy('c', 10, 1)));
    expect(writes).toEqual([]);
    seal?.pass();
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(2);
    ringTimers(SEAL_MS);
    (await nextWrite())?.pass();
    await hotPath.drain();
    ringTimers(SEAL_MS);
    expect([log.lastSequence, writes]).toEqual([2, []]);
  });

  it('tells who waits for a disk that hangs, and counts what it had been given when it goes on', async () => {
    const { hotPath, log, submit, answers, sink, nextWrite, ringTimers } = await engine();
    hotPath.start(log);
    submit(place(buy('given', 10, 1)));
    const write = await nextWrite();
    submit(place(buy('behind', 10, 1)));
    ringTimers(STALL_MS);
    submit(place(buy('late', 10, 1)));
    const reason = 'The disk does not answer';
    expect(answers).toEqual([
      { client: 'given', reason, outcome: 'unknown' },
      { client: 'behind', reason, outcome: 'not_accepted' },
      { client: 'late', reason, outcome: 'not_accepted' },
    ]);
    write?.pass();
    await expect.poll(() => sink.offered).toBe(1);
    submit(place(buy('again', 10, 1)));
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(4);
    expect([hotPath.engineState, log.lastSequence]).toEqual(['UP', 2]);
  });

  it('tells also who waits behind a seal that hangs, of which nothing was written', async () => {
    const { hotPath, log, submit, answers, nextWrite, ringTimers } = await engine();
    hotPath.start(log);
    submit(place(buy('before', 10, 1)));
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(1);
    ringTimers(SEAL_MS);
    const seal = await nextWrite();
    submit(place(buy('behind', 10, 1)));
    ringTimers(STALL_MS);
    submit(place(buy('late', 10, 1)));
    const reason = 'The disk does not answer';
    expect(answers.slice(1)).toEqual([
      { client: 'behind', reason, outcome: 'not_accepted' },
      { client: 'late', reason, outcome: 'not_accepted' },
    ]);
    seal?.pass();
    await expect.poll(() => hotPath.whyNot(COMMAND.place)).toBeNull();
    submit(place(buy('again', 10, 1)));
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(4);
    expect([hotPath.engineState, log.lastSequence]).toEqual(['UP', 2]);
  });

  it('lets what has been matched leave when a batch trades too much', async () => {
    const { hotPath, log, state, submit, answers, sink, letThrough } = await engine();
    hotPath.start(log);
    const makers = 70_000;
    submit({ kind: 'seed', orders: Array.from({ length: makers }, (_, index) => sell(`s${index}`, 10, 1)) });
    letThrough();
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(1);
    submit(place(buy('sweep', 10, makers)), place(buy('next', 10, 1)));
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(3);
    expect(sink.offered).toBe(1 + makers + 1);
    expect(state.effects.fillCount).toBe(0);
  });

  it('refuses when the ring is full, and takes the rest', async () => {
    const { hotPath, log, submit, answers, nextWrite } = await engine('durable', 2);
    hotPath.start(log);
    submit(place(buy('1', 1, 1)), place(buy('2', 1, 1)), place(buy('3', 1, 1)));
    expect(answers).toEqual([{ client: '3', reason: 'The engine is at capacity', outcome: 'not_accepted' }]);
    (await nextWrite())?.pass();
    await expect.poll(() => answers.length).toBe(3);
  });

  it('answers at once in ACK_MODE=received', async () => {
    const { hotPath, log, submit, answers, nextWrite } = await engine('received');
    hotPath.start(log);
    submit(place(buy('1', 1, 1)));
    expect(answers).toEqual([{ client: '1', kind: 'unseen' }]);
    (await nextWrite())?.pass();
    const drained = hotPath.drain();
    (await nextWrite())?.pass();
    await drained;
    expect(answers).toHaveLength(1);
  });

  it('stops for good when a write fails: unknown for what was written, not accepted for the rest', async () => {
    const { hotPath, log, submit, answers, sink, nextWrite } = await engine();
    hotPath.start(log);
    submit(place(buy('written', 1, 1)));
    const write = await nextWrite();
    submit(place(buy('waiting', 1, 1)));
    write?.fail();
    expect(await hotPath.failure).toMatchObject({ exit: 74 });
    submit(place(buy('late', 1, 1)));
    const reason = 'The log failed';
    expect(answers).toEqual([
      { client: 'written', reason, outcome: 'unknown' },
      { client: 'waiting', reason, outcome: 'not_accepted' },
      { client: 'late', reason, outcome: 'not_accepted' },
    ]);
    expect([hotPath.engineState, sink.offered]).toEqual(['FAILED', 0]);
    await hotPath.drain();
  });

  it('takes nothing before the replay has ended or after the drain has begun, and answers what it took', async () => {
    const { hotPath, log, submit, answers, nextWrite } = await engine();
    submit(place(buy('early', 1, 1)));
    hotPath.start(log);
    submit(place(buy('taken', 1, 1)));
    const write = await nextWrite();
    const drained = hotPath.drain();
    submit(place(buy('late', 1, 1)));
    expect(answers).toMatchObject([
      { reason: 'The engine is replaying its log' },
      { reason: 'The engine is stopping' },
    ]);
    write?.pass();
    (await nextWrite())?.pass();
    await drained;
    expect(answers[2]).toMatchObject({ client: 'taken', kind: 'accepted' });
  });
});
