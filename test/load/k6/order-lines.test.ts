import { describe, expect, it } from 'vitest';
import type { ArrivalStage } from '../../../src/experiment/cases.ts';
import { dueOffsetsMs } from '../../../src/load/arrival-schedule.ts';
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

describe('of several Jobs', () => {
  const of = (n: number, scenarioAtMs: number, sentAtMs: number) =>
    JSON.stringify(['orders', n, scenarioAtMs, sentAtMs, 1, 'accepted', '200']);

  it('counts when an order was due from the start of its own, and the phase from the first of them', () => {
    const lines = linesOf(stage(1, 10, 10));
    lines.take(of(1, 5_040, 5_145), 1);
    lines.take(of(0, 5_000, 5_002), 0);
    expect(lines.startedAtMs).toBe(5_000);
    expect(lines.startsApartMs).toBe(40);
    expect(lines.evidence(1_000, NONE).rawLatencies).toEqual([
      { flow: 'orders', offsetMs: [100, 0], latencyUs: [6_000, 3_000] },
    ]);
  });

  it('lets the promptest order of each Job count as on time at a ramp', () => {
    const lines = linesOf(stage(2, 10, 30));
    const duesMs = [0, 1, 2, 3].map((n) => 5_000 + Number(dueOffsetsMs([stage(2, 10, 30)])[n + 1]));
    lines.take(of(0, 5_000, (duesMs[0] ?? 0) + 7), 0);
    lines.take(of(2, 5_000, (duesMs[2] ?? 0) + 7), 0);
    lines.take(of(1, 5_000, (duesMs[1] ?? 0) + 90), 1);
    lines.take(of(3, 5_000, (duesMs[3] ?? 0) + 93), 1);
    expect(lagsOf(lines).map((lagUs) => Math.round(lagUs / 1_000))).toEqual([0, 3]);
  });

  it('counts an order that is told twice once, whoever tells it', () => {
    const lines = linesOf(stage(1, 10, 10));
    take(lines, line(0, 5_000), line(0, 5_000), line(1, 5_100));
    lines.take(line(1, 5_100), 1);
    expect(lines.flows()).toMatchObject([{ told: 2 }]);
    expect(lines.recorder.counts).toMatchObject({ sent: 2, accepted: 2 });
  });
});
