/**
 * What a script in `k6/` tells of each order, and the phase's load made of it. Pure.
 *
 * k6 has no time at which an order was due. It follows from the number of the iteration, because k6 starts them on the
 * schedule of `arrival-schedule.ts`. k6's clock counts whole milliseconds, so a lag is known to a millisecond. A ramp is
 * less plain: k6 leaves out the first order, the one due at once, and does not tell when it began to count, some
 * milliseconds after the scenario's start: there the promptest order so far counts as on time. k6 numbers what it starts:
 * behind an order that it dropped, each counts as due where one before it was, so as later than it is, never as earlier.
 *
 * Several Jobs of k6 share one schedule: an order's number is its own over all of them, so one that is told twice counts
 * once. When it was due counts from the start of its own Job.
 */
import { z } from 'zod';
import type { LoadEvidence } from '../../experiment/evidence.ts';
import { dueOffsetsMs } from '../arrival-schedule.ts';
import type { LoadPlan } from '../load-driver.ts';
import { LoadRecorder } from '../load-recorder.ts';
import { orderIdOf } from '../order-flow.ts';

/** Flow, number in it, start of its scenario and of the request in epoch ms, duration in ms, fate and its key. */
const orderLine = z.tuple([
  z.string(),
  z.int().nonnegative(),
  z.number(),
  z.number(),
  z.number(),
  z.enum(['accepted', 'refused', 'unknown']),
  z.string(),
]);

/** k6's clock counts these. */
const CLOCK_MS = 1;

interface FlowSchedule {
  dues: readonly number[];
  /** By Job: from the scenario's start to when k6 began to count: 0, or at a ramp the least lag that was seen. */
  countsFromMs: Map<number, number>;
  /** From the phase's start to its scenario's: it has none while its rate is zero. */
  silentMs: number;
  isRamp: boolean;
  /** Numbers of the orders that were told. */
  told: Set<number>;
  lastSentMs: number;
  endMs: number;
}

/** What came of one flow's schedule. */
export interface FlowCount {
  flow: string;
  scheduled: number;
  told: number;
  isRamp: boolean;
  /** An order was sent when the schedule was over: it is one more than were due. */
  beganAtTheEnd: boolean;
}

export class OrderLines {
  readonly recorder: LoadRecorder;
  readonly #flows: ReadonlyMap<string, FlowSchedule>;
  readonly #idPrefix: string;
  readonly #startsAtMs = new Map<number, number>();
  #endedAtMs = 0;

  constructor({ phase, rawFlows, idPrefix }: LoadPlan) {
    this.#idPrefix = idPrefix;
    this.#flows = new Map(
      phase.flows.map(({ name, stages }) => {
        const ramp = isRamp(stages);
        const dues = dueOffsetsMs(stages).slice(ramp ? 1 : 0);
        const silentMs = silenceMs(stages);
        const endMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
        const told = new Set<number>();
        return [name, { dues, countsFromMs: new Map(), silentMs, endMs, isRamp: ramp, told, lastSentMs: 0 }];
      }),
    );
    const scheduled = [...this.#flows.values()].reduce((sum, { dues }) => sum + dues.length, 0);
    this.recorder = new LoadRecorder(scheduled, rawFlows);
  }

  /** Epoch milliseconds of the phase's start, in the first Job that began; null before the first order. */
  get startedAtMs(): number | null {
    return this.#startsAtMs.size === 0 ? null : Math.min(...this.#startsAtMs.values());
  }

  /** From the start of the first Job to that of the last one, as far as they have told orders. */
  get startsApartMs(): number {
    return Math.max(...this.#startsAtMs.values()) - Math.min(...this.#startsAtMs.values());
  }

  /** Of the last answer, epoch milliseconds. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  flows(): FlowCount[] {
    return [...this.#flows].map(([flow, { dues, isRamp, told, lastSentMs, endMs }]) => {
      const beganAtTheEnd = lastSentMs >= endMs - CLOCK_MS;
      return { flow, scheduled: dues.length, told: told.size, isRamp, beganAtTheEnd };
    });
  }

  /** @param job which of several Jobs told it. @throws Error at what no script of mex writes */
  take(line: string, job = 0): void {
    this.#order(orderLine.parse(JSON.parse(line)), job);
  }

  evidence(reachedMs: number, replenished: LoadEvidence['replenished']): LoadEvidence {
    return this.recorder.evidence(reachedMs, replenished);
  }

  #order([flow, n, scenarioAtMs, sentAtMs, durationMs, kind, key]: z.infer<typeof orderLine>, job: number): void {
    const schedule = this.#flows.get(flow);
    if (schedule === undefined) throw new Error(`k6 tells of a flow "${flow}", which the phase does not have`);
    if (schedule.told.has(n)) return;
    schedule.told.add(n);
    const startedAtMs = this.#startsAtMs.get(job) ?? scenarioAtMs - schedule.silentMs;
    this.#startsAtMs.set(job, startedAtMs);
    const sentMs = sentAtMs - startedAtMs;
    schedule.lastSentMs = Math.max(schedule.lastSentMs, sentMs);
    // One more may start at the very end.
    const plannedMs = schedule.dues[n] ?? sentMs;
    const seenMs = schedule.countsFromMs.get(job) ?? (schedule.isRamp ? Number.POSITIVE_INFINITY : 0);
    const countsFromMs = Math.min(seenMs, Math.max(0, sentMs - plannedMs));
    schedule.countsFromMs.set(job, countsFromMs);
    const dueMs = plannedMs + countsFromMs;
    const settle = this.recorder.sent(flow, dueMs, Math.max(dueMs, sentMs));
    settle({ kind, key }, Math.max(dueMs, sentMs) + durationMs, orderIdOf(this.#idPrefix, flow, n));
    this.#endedAtMs = Math.max(this.#endedAtMs, sentAtMs + durationMs);
  }
}

type Stages = LoadPlan['phase']['flows'][number]['stages'];

function isRamp(stages: Stages): boolean {
  const rates = stages
    .flatMap(({ fromPerSecond, toPerSecond }) => [fromPerSecond, toPerSecond])
    .filter((rate) => rate > 0);
  return new Set(rates).size > 1;
}

/** How long a flow sends nothing at first: that long its scenario starts after the phase. */
function silenceMs(stages: Stages): number {
  const first = stages.findIndex(({ fromPerSecond, toPerSecond }) => fromPerSecond + toPerSecond > 0);
  return stages.slice(0, first).reduce((sum, { durationMs }) => sum + durationMs, 0);
}
