/** One phase's load as k6 tells it: its orders, its words, its end and its summary, made into the evidence of a load. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { phaseDurationMs } from '../../experiment/cases.ts';
import type { LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { disagreement, droppedOf, dueNotes } from './k6-account.ts';
import { troubleOfEnd } from './k6-exit.ts';
import { K6Lines } from './k6-lines.ts';
import type { K6End } from './k6-process.ts';
import { parseK6Summary, sumOf } from './k6-summary.ts';
import { K6Words } from './k6-words.ts';
import { OrderLines } from './order-lines.ts';

const WHY_CHARACTERS_MAX = 300;

export class K6Load {
  readonly orders: OrderLines;
  readonly #plan: LoadPlan;
  readonly #remoteWriteUrl: string | undefined;
  readonly #words = new K6Words();
  #unreadable: string | null = null;
  #before = { elapsedMs: 0, sent: 0 };

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#remoteWriteUrl = plan.remoteWriteUrl;
    this.orders = new OrderLines(plan);
  }

  /** Of one k6: its lines may come in pieces. @param job which one, where there are several */
  reader(keep: (line: string) => void, job = 0): K6Lines {
    return new K6Lines({
      order: (text) => {
        try {
          this.orders.take(text, job);
        } catch (thrown) {
          const why = messageOf(thrown).slice(0, WHY_CHARACTERS_MAX);
          this.#unreadable ??= `its script told what mex does not understand: ${why}`;
        }
      },
      said: (said) => {
        keep(said.line);
        this.#words.take(said);
      },
    });
  }

  /** How far it is, each time that it is asked. */
  progress(): LoadProgress {
    const { recorder, startedAtMs } = this.orders;
    const { sent, refused, unknown } = recorder.counts;
    const plannedMs = phaseDurationMs(this.#plan.phase);
    const elapsedMs = startedAtMs === null ? 0 : Math.min(plannedMs, Date.now() - startedAtMs);
    const seconds = (elapsedMs - this.#before.elapsedMs) / 1_000;
    const ratePerSecond = seconds > 0 ? (sent - this.#before.sent) / seconds : 0;
    this.#before = { elapsedMs, sent };
    return { elapsedMs, plannedMs, sent, failed: refused + unknown, ratePerSecond, p99Ms: recorder.p99Ms() };
  }

  /** Null: every k6 came to its end. */
  troubleOf(ends: readonly K6End[], signal: AbortSignal): string | null {
    if (signal.aborted) return 'the load was stopped';
    return ends.map(troubleOfEnd).find((one) => one !== null) ?? this.#unreadable;
  }

  /** @throws MexError `K6_FAILED` when nothing was sent */
  run(ends: readonly K6End[], { trouble, notes: said }: { trouble: string | null; notes: readonly string[] }): LoadRun {
    const summary = sumOf(ends.map(({ stdout }) => parseK6Summary(stdout, this.#plan.phase)));
    const flows = this.orders.flows();
    const brokenOff = trouble ?? disagreement(flows, summary);
    const { startedAtMs, recorder } = this.orders;
    if (startedAtMs === null) throw sentNothing(this.#plan, `${brokenOff ?? 'no order was told'}${this.#words.last}`);
    const dropped = flows.map((flow) => droppedOf(flow, summary?.dropped[flow.flow] ?? 0));
    recorder.counts.dropped = dropped.reduce((sum, count) => sum + count, 0);
    const notes = [
      ...flows.flatMap((flow, index) => dueNotes(flow, dropped[index] ?? 0)),
      ...this.#words.notes(this.#remoteWriteUrl),
      ...said,
    ];
    const endedAtMs = Math.max(this.orders.endedAtMs, startedAtMs);
    const reachedMs = Math.min(endedAtMs - startedAtMs, phaseDurationMs(this.#plan.phase));
    const replenished = summary?.replenished ?? { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };
    const evidence = this.orders.evidence(reachedMs, replenished);
    return {
      startedAtMs,
      endedAtMs: Math.round(endedAtMs),
      evidence: notes.length === 0 ? evidence : { ...evidence, notes },
      generator: { cpuMs: cpuMsOf(ends) },
      ...(brokenOff === null ? {} : { brokenOff: `${brokenOff}${this.#words.last}` }),
    };
  }
}

/** Null: of one it is not known. */
function cpuMsOf(ends: readonly K6End[]): number | null {
  return ends.reduce<number | null>((sum, { cpuMs }) => (sum === null || cpuMs === null ? null : sum + cpuMs), 0);
}

function sentNothing({ k6Script, logs }: LoadPlan, why: string): MexError {
  return new MexError(`k6 sent nothing: ${why}`, {
    code: 'K6_FAILED',
    exit: EXIT.environment,
    suggestion: `Look into k6/${k6Script}${logs === undefined ? '' : ` and ${logs.folder}`}, or leave --driver k6 out`,
  });
}
