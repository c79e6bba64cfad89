import { expect, it } from 'vitest';
import type { ArrivalStage } from '../../../src/experiment/cases.ts';
import { OrderLines } from '../../../src/load/k6/order-lines.ts';

const stage = (seconds: number, fromPerSecond: number, toPerSecond: number): ArrivalStage => ({
  durationMs: seconds * 1_000,
  fromPerSecond,
  toPerSecond,
});
const linesOf = (...stages: ArrivalStage[]) =>
  new OrderLines({
    ...{ idPrefix: 'x', k6Script: 'x.js', seed: 1, vusMax: 1, ordersUrl: '', seedUrls: {}, rawFlows: ['orders'] },
    phase: {
      name: 'steady',
      flows: [{ name: 'orders', shards: ['a'], stages }],
      seed: { ordersPerSymbol: 1, levels: 1 },
    },
  });
const line = (n: number, sentAtMs: number, durationMs = 1, kind = 'accepted') =>
  JSON.stringify(['orders', n, 5_000, sentAtMs, durationMs, kind, '200']);
const take = (lines: OrderLines, ...told: string[]) => {
  for (const one of told) lines.take(one);
};
const NONE = { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };
const lagsOf = (lines: OrderLines) => lines.evidence(1_000, NONE).lagUs.buckets.map(([lower]) => lower);

it('counts latency from when an order was due', () => {
  const lines = linesOf(stage(1, 10, 10));
  take(lines, line(0, 5_000), line(1, 5_130, 4));
  expect(lines.evidence(1_000, NONE).rawLatencies).toEqual([
    { flow: 'orders', offsetMs: [0, 100], latencyUs: [1_000, 34_000] },
  ]);
});

it('begins with the phase where a flow is silent at first', () => {
  const lines = linesOf(stage(2, 0, 0), stage(1, 10, 10));
  lines.take(line(0, 5_000));
  expect(lines.startedAtMs).toBe(3_000);
  expect(lines.evidence(3_000, NONE).rawLatencies).toMatchObject([{ offsetMs: [2_000], latencyUs: [1_000] }]);
});

it('counts the one order that k6 may start at the very end as on time', () => {
  const lines = linesOf(stage(1, 2, 2));
  take(lines, line(0, 5_000), line(1, 5_500), line(2, 6_000));
  expect(lines.recorder.counts).toMatchObject({ scheduled: 2, sent: 3, late: 0 });
});

it('counts from the promptest order at a ramp, where k6 leaves out the first', () => {
  const lines = linesOf(stage(1, 10, 10), stage(1, 10, 20));
  take(lines, line(0, 5_107), line(1, 5_207), line(2, 5_340));
  expect(lines.recorder.counts.scheduled).toBe(24);
  expect(lagsOf(lines).map((lag) => Math.round(lag / 1_000))).toEqual([0, 33]);
});

it('refuses a flow that the phase does not have', () => {
  expect(() => linesOf(stage(1, 10, 10)).take('["others",0,1,1,1,"accepted","200"]')).toThrow('a flow "others"');
});
