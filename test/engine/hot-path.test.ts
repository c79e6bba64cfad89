import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import type { BookQuery, Command, Outcome } from '../../src/engine/commands.ts';
import { HotPath, type Slot } from '../../src/engine/hot-path.ts';
import { EngineMetrics } from '../../src/engine/metrics/engine-metrics.ts';
import { DiscardSink } from '../../src/engine/publish/event-sink.ts';
import { Ring } from '../../src/engine/ring/ring.ts';
import { buy, place, SYMBOL, sell } from './orders.ts';
import { openLog, quickDisk, temporaryFolder } from './wal/logs.ts';

/** An engine without HTTP, on a disk whose syncs wait to be let through. */
async function engine(ackMode: 'durable' | 'received' = 'durable', ringSlots = 8) {
  const syncs: { pass(): void; fail(): void }[] = [];
  let isHeld = false;
  const disk = {
    ...quickDisk,
    open: async (path: string) => ({
      ...(await quickDisk.open(path)),
      sync: () =>
        isHeld
          ? new Promise<void>((pass, fail) => syncs.push({ pass, fail: () => fail(new Error('EIO')) }))
          : Promise.resolve(),
    }),
  };
  const { log, state } = await openLog(await temporaryFolder(), { disk });
  isHeld = true;
  const sink = new DiscardSink();
  const metrics = new EngineMetrics('a');
  const ring = new Ring<Slot>(ringSlots);
  const hotPath = new HotPath({ ring, state, sink, metrics, clock: systemClock, ackMode });
  const answers: Outcome[] = [];
  const submit = (...commands: (Command | BookQuery)[]): void => {
    for (const command of commands) {
      hotPath.submit({ command, receivedNs: 0, validationNs: 0, answer: (outcome) => answers.push(outcome) });
    }
  };
  const metricLines = async (start: string) =>
    (await metrics.page(0, sink, 0))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(start));
  const nextSync = () =>
    expect
      .poll(() => syncs.length, { interval: 1, timeout: 5000 })
      .toBe(1)
      .then(() => syncs.pop());
  return { hotPath, log, sink, submit, answers, metricLines, nextSync };
}

const book: BookQuery = { kind: 'book', symbol: SYMBOL, levels: 10 };

describe('the hot path', () => {
  it('lets nothing of a batch leave before its sync', async () => {
    const { hotPath, log, submit, answers, sink, metricLines, nextSync } = await engine();
    hotPath.start(log);
    submit(place(sell('a', 10, 2)), book, place(buy('b', 10, 1)));
    const sync = await nextSync();
    submit(book);
    expect([answers, sink.offered]).toEqual([[], 0]);
    const waiting = [...(await metricLines('me_matches_total')), ...(await metricLines('me_orderbook_depth{'))];
    expect(waiting.every((line) => line.endsWith(' 0'))).toBe(true);
    sync?.pass();
    await expect.poll(() => answers.length).toBe(4);
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'book', 'accepted', 'book']);
    expect(answers[1]).toMatchObject({ view: { sequence: 1, asks: [{ price: 10, quantity: 2, orders: 1 }] } });
    expect(answers[3]).toMatchObject({ view: { sequence: 2, asks: [{ price: 10, quantity: 1, orders: 1 }] } });
    expect(sink.offered).toBe(3);
    expect(await metricLines('me_matches_total')).toEqual(['me_matches_total{shard="a"} 1']);
    expect(await metricLines('me_orderbook_depth')).toContain('me_orderbook_depth{shard="a",side="ask"} 1');
    expect(await metricLines('me_match_duration_seconds_count')).toEqual([
      'me_match_duration_seconds_count{shard="a"} 2',
    ]);
  });

  it('does not count repeats and refused orders', async () => {
    const { hotPath, log, submit, answers, metricLines, nextSync } = await engine();
    hotPath.start(log);
    submit(place(buy('b', 10, 1)), place(buy('b', 10, 1)), place(buy('b', 11, 1)));
    (await nextSync())?.pass();
    await expect.poll(() => answers.length).toBe(3);
    expect(await metricLines('me_orders_received_total{')).toEqual([
      'me_orders_received_total{shard="a",side="buy"} 1',
      'me_orders_received_total{shard="a",side="sell"} 0',
    ]);
  });

  it('refuses when the ring is full, and takes the rest', async () => {
    const { hotPath, log, submit, answers, nextSync } = await engine('durable', 2);
    hotPath.start(log);
    submit(place(buy('1', 1, 1)), place(buy('2', 1, 1)), place(buy('3', 1, 1)));
    expect(answers).toEqual([{ kind: 'unavailable', reason: 'The engine is at capacity', effect: 'not_accepted' }]);
    (await nextSync())?.pass();
    await expect.poll(() => answers.length).toBe(3);
  });

  it('answers at once in ACK_MODE=received', async () => {
    const { hotPath, log, submit, answers, nextSync } = await engine('received');
    hotPath.start(log);
    submit(place(buy('1', 1, 1)));
    expect(answers).toMatchObject([{ kind: 'accepted' }]);
    (await nextSync())?.pass();
    await hotPath.drain();
    expect(answers).toHaveLength(1);
  });

  it('stops for good when a sync fails: unknown for what was written, not accepted for the rest', async () => {
    const { hotPath, log, submit, answers, sink, nextSync } = await engine();
    hotPath.start(log);
    submit(place(buy('written', 1, 1)));
    const sync = await nextSync();
    submit(place(buy('waiting', 1, 1)));
    sync?.fail();
    expect(await hotPath.failure).toMatchObject({ exit: 74 });
    submit(place(buy('late', 1, 1)));
    const reason = 'The log failed';
    expect(answers).toEqual([
      { kind: 'unavailable', reason, effect: 'unknown' },
      { kind: 'unavailable', reason, effect: 'not_accepted' },
      { kind: 'unavailable', reason, effect: 'not_accepted' },
    ]);
    expect([hotPath.engineState, sink.offered]).toEqual(['FAILED', 0]);
  });

  it('takes nothing before the replay has ended or after the drain has begun, and answers what it took', async () => {
    const { hotPath, log, submit, answers, nextSync } = await engine();
    submit(place(buy('early', 1, 1)));
    hotPath.start(log);
    submit(place(buy('taken', 1, 1)));
    const sync = await nextSync();
    const drained = hotPath.drain();
    submit(place(buy('late', 1, 1)));
    expect(answers).toMatchObject([
      { reason: 'The engine is replaying its log' },
      { reason: 'The engine is stopping' },
    ]);
    sync?.pass();
    await drained;
    expect(answers[2]).toMatchObject({ kind: 'accepted' });
  });
});
