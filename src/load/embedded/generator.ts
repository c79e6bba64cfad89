/**
 * READ FIRST. One phase's load on the open model: schedule → pace → send → record, with the books kept full beside it.
 *
 * An order leaves when it is due, whatever became of those before it; one that finds `vusMax` requests in flight is
 * dropped and counted. The phase lasts as long as planned, or until the last answer where that is later; a stop ends
 * it early, and what was measured until then is the result.
 */
import { phaseDurationMs } from '../../experiment/cases.ts';
import { type Arrival, arrivalSchedule } from '../arrival-schedule.ts';
import type { LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { LoadRecorder } from '../load-recorder.ts';
import { orderAt } from '../order-flow.ts';
import type { Checkpoint } from './generator-messages.ts';
import { OrderSender } from './order-sender.ts';
import { type Clock, pace } from './pacer.ts';
import { Replenisher } from './replenisher.ts';

/** Ways to make the generator lie, for the tests of what must catch it. */
export interface GeneratorHooks {
  /** Of so many scheduled orders one is silently never sent. */
  dropEvery?: number;
  /** False: what was consumed stays consumed. */
  replenish?: boolean;
}

export interface GeneratorWatch {
  signal: AbortSignal;
  onCheckpoint(checkpoint: Checkpoint): void;
}

/** Between being ready and the first due time: lets the warm-up's garbage and sockets settle. */
const START_DELAY_MS = 200;
const CHECKPOINT_INTERVAL_MS = 1_000;
/** After a stop, how long answers that are out may still come in. */
const STOP_DRAIN_MS = 1_000;

interface Session {
  plan: LoadPlan;
  arrivals: readonly Arrival[];
  sender: OrderSender;
  recorder: LoadRecorder;
  clock: Clock;
  startedAtMs: number;
}

export async function runGenerator(
  plan: LoadPlan,
  { signal, onCheckpoint }: GeneratorWatch,
  hooks: GeneratorHooks = {},
): Promise<LoadRun> {
  const session = await prepare(plan);
  const plannedMs = phaseDurationMs(plan.phase);
  const { arrivals, sender, recorder, clock, startedAtMs } = session;
  const endCheckpoints = checkpoints(session, onCheckpoint);
  const endDrain = drainOnStop(sender, signal);
  const replenisher = new Replenisher(plan);
  if (hooks.replenish !== false) replenisher.start();

  const outstanding = new Set<Promise<void>>();
  const dispatch = dispatcher(session, outstanding, hooks);
  await pace(arrivals, clock, signal, dispatch);
  await pace([{ dueMs: plannedMs }], clock, signal, () => {});
  await Promise.all(outstanding);

  const endedMs = Math.max(0, clock.nowMs());
  await replenisher.stop();
  endDrain();
  endCheckpoints();
  await sender.close();
  return {
    startedAtMs,
    endedAtMs: Math.round(startedAtMs + endedMs),
    evidence: recorder.evidence(Math.min(endedMs, plannedMs), replenisher.counts),
    generator: { cpuMs: cpuMs() },
    ...(signal.aborted ? { brokenOff: `the load was stopped ${inSeconds(endedMs, plannedMs)}` } : {}),
  };
}

/** Everything that costs time comes before the phase's start is set. */
async function prepare(plan: LoadPlan): Promise<Session> {
  const arrivals = arrivalSchedule(plan.phase.flows);
  const sender = new OrderSender(plan.ordersUrl, plan.vusMax);
  await sender.warmUp();
  const recorder = new LoadRecorder(arrivals.length, plan.rawFlows);
  const originMs = performance.now() + START_DELAY_MS;
  const clock = { nowMs: () => performance.now() - originMs };
  return { plan, arrivals, sender, recorder, clock, startedAtMs: Date.now() + START_DELAY_MS };
}

function dispatcher(session: Session, outstanding: Set<Promise<void>>, hooks: GeneratorHooks): (index: number) => void {
  const { plan, arrivals, sender, recorder, clock } = session;
  return (index) => {
    const arrival = arrivals[index];
    const flow = plan.phase.flows[arrival?.flowIndex ?? -1];
    if (arrival === undefined || flow === undefined) throw new RangeError(`no arrival ${index}`);
    if (hooks.dropEvery !== undefined && (index + 1) % hooks.dropEvery === 0) return;
    if (outstanding.size >= plan.vusMax) return recorder.dropped();
    const settle = recorder.sent(flow.name, arrival.dueMs, clock.nowMs());
    const order = orderAt({ ...plan, flow }, arrival.n);
    const answered = sender.send(order).then((fate) => {
      settle(fate, clock.nowMs(), order.orderId);
      outstanding.delete(answered);
    });
    outstanding.add(answered);
  };
}

/** One at the start, so that a death right after it leaves something, then one a second. */
function checkpoints(session: Session, onCheckpoint: GeneratorWatch['onCheckpoint']): () => void {
  const { plan, recorder, clock, startedAtMs } = session;
  const { counts } = recorder;
  const plannedMs = phaseDurationMs(plan.phase);
  let before = { elapsedMs: 0, sent: 0 };
  const tell = (): void => {
    const elapsedMs = Math.max(0, clock.nowMs());
    const seconds = (elapsedMs - before.elapsedMs) / 1_000;
    const progress: LoadProgress = {
      elapsedMs,
      plannedMs,
      sent: counts.sent,
      failed: counts.refused + counts.unknown,
      ratePerSecond: seconds > 0 ? (counts.sent - before.sent) / seconds : 0,
      p99Ms: recorder.p99Ms(),
    };
    before = { elapsedMs, sent: counts.sent };
    onCheckpoint({ startedAtMs, cpuMs: cpuMs(), counts: { ...counts }, progress });
  };
  tell();
  const timer = setInterval(tell, CHECKPOINT_INTERVAL_MS);
  return () => clearInterval(timer);
}

function drainOnStop(sender: OrderSender, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => sender.abandon(), STOP_DRAIN_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
}

function inSeconds(elapsedMs: number, plannedMs: number): string {
  return `after ${(elapsedMs / 1_000).toFixed(1)} s of ${plannedMs / 1_000} s`;
}

/** Of the whole process, its start included. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
