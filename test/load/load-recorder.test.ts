import { expect, it } from 'vitest';
import { evidenceOfCounts, LoadRecorder } from '../../src/load/load-recorder.ts';

const OK = { kind: 'accepted', key: '200' } as const;
const RESET = { kind: 'unknown', key: 'ECONNRESET' } as const;
const REPLENISHED = { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };

it('counts latency from the due time, beside the time from the send, and the lag between them', () => {
  const recorder = new LoadRecorder(1, []);
  recorder.sent('orders', 100, 104)(OK, 107);
  const { latencyFromDueUs, latencyFromSendUs, lagUs, late } = recorder.evidence(1_000, REPLENISHED);
  expect([latencyFromDueUs.sum, latencyFromSendUs.sum, lagUs.sum]).toEqual([7_000, 3_000, 4_000]);
  expect(late).toBe(1);
});

it.each([
  [1, 0],
  [1.001, 1],
])('counts a send %d ms after the due time as late: %i', (lagMs, late) => {
  const recorder = new LoadRecorder(1, []);
  recorder.sent('orders', 0, lagMs)(OK, 2);
  expect(recorder.counts.late).toBe(late);
});

it('puts an order into the second in which it was due, and has one entry for each second of the phase', () => {
  const recorder = new LoadRecorder(2, []);
  recorder.sent('orders', 999.9, 1_000)(OK, 1_004.9);
  recorder.sent('orders', 2_000, 2_000)(RESET, 2_001);
  const { seconds, answers } = recorder.evidence(4_000, REPLENISHED);
  expect(seconds).toEqual([
    { sent: 1, failed: 0, p50Us: 5_000, p99Us: 5_000 },
    { sent: 0, failed: 0, p50Us: null, p99Us: null },
    { sent: 1, failed: 1, p50Us: 1_000, p99Us: 1_000 },
    { sent: 0, failed: 0, p50Us: null, p99Us: null },
  ]);
  expect(answers).toEqual({ '200': 1, ECONNRESET: 1 });
});

it('keeps raw latencies of the flows asked for, in the order of sending, whatever the order of the answers', () => {
  const recorder = new LoadRecorder(3, ['steady']);
  const first = recorder.sent('steady', 10, 10);
  const second = recorder.sent('steady', 20, 20);
  recorder.sent('rising', 25, 25)(OK, 26);
  second(OK, 22);
  first(OK, 40);
  expect(recorder.evidence(1_000, REPLENISHED).rawLatencies).toEqual([
    { flow: 'steady', offsetMs: [10, 20], latencyUs: [30_000, 2_000] },
  ]);
});

it('leaves the counts of a generator that died, without times', () => {
  const counts = { scheduled: 10, sent: 6, dropped: 1, late: 0, accepted: 4, refused: 1, unknown: 0 };
  const evidence = evidenceOfCounts(counts);
  expect(evidence).toMatchObject(counts);
  expect(evidence.latencyFromDueUs).toEqual({ buckets: [], count: 0, sum: 0 });
  expect(evidence.seconds).toEqual([]);
});

it('keeps the orders without an answer by name, all of them or none', () => {
  const recorder = new LoadRecorder(3, []);
  recorder.sent('orders', 0, 0)(OK, 1, 'first');
  recorder.sent('orders', 0, 0)(RESET, 1, 'second');
  expect(recorder.evidence(1, REPLENISHED).unknownIds).toEqual(['second']);
  recorder.sent('orders', 0, 0)(RESET, 1);
  expect(recorder.evidence(1, REPLENISHED)).not.toHaveProperty('unknownIds');
  const flooded = new LoadRecorder(1_001, []);
  for (let n = 0; n <= 1_000; n++) flooded.sent('orders', 0, 0)(RESET, 1, `x-${n}`);
  expect(flooded.evidence(1, REPLENISHED)).not.toHaveProperty('unknownIds');
});
