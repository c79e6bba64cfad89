/**
 * Counts and times of one phase. All instants are milliseconds from the phase's start, fractions included; an order
 * belongs to the second in which it was due.
 *
 * Every order that was sent has a latency, also a failed one: one that met its deadline counts with the deadline.
 */
import type { LoadEvidence } from '../experiment/evidence.ts';
import { LATE_MS } from '../experiment/validity.ts';
import { LatencyHistogram } from '../stats/latency-histogram.ts';
import type { Fate } from './classify-answer.ts';
import type { LoadCounts } from './load-driver.ts';

interface Second {
  sent: number;
  failed: number;
  latenciesUs: number[];
}

/** A shard that is away for ten seconds leaves 170 to 840 of them; they are looked for in its log by name. */
const UNKNOWN_IDS_MAX = 1_000;

export class LoadRecorder {
  readonly #fromDueUs = new LatencyHistogram();
  readonly #fromSendUs = new LatencyHistogram();
  readonly #lagUs = new LatencyHistogram();
  readonly #answers: Record<string, number> = {};
  readonly #seconds: Second[] = [];
  readonly #unknownIds: string[] = [];
  readonly #raw: Map<string, { offsetMs: number[]; latencyUs: number[] }>;
  readonly counts: LoadCounts;

  constructor(scheduled: number, rawFlows: readonly string[]) {
    this.counts = { scheduled, sent: 0, dropped: 0, late: 0, accepted: 0, refused: 0, unknown: 0 };
    this.#raw = new Map(rawFlows.map((flow) => [flow, { offsetMs: [], latencyUs: [] }]));
  }

  dropped(): void {
    this.counts.dropped += 1;
  }

  /** Call at the send; call what it returns once the order's fate is known, with its id where that is at hand. */
  sent(flow: string, dueMs: number, sentMs: number): (fate: Fate, endedMs: number, orderId?: string) => void {
    this.counts.sent += 1;
    if (sentMs - dueMs > LATE_MS) this.counts.late += 1;
    this.#lagUs.record(microseconds(sentMs - dueMs));
    const second = this.#secondOf(dueMs);
    second.sent += 1;
    const raw = this.#raw.get(flow);
    const rawIndex = raw?.offsetMs.push(Math.round(dueMs * 1_000) / 1_000) ?? 0;

    return ({ kind, key }, endedMs, orderId) => {
      const latencyUs = microseconds(endedMs - dueMs);
      this.counts[kind] += 1;
      this.#answers[key] = (this.#answers[key] ?? 0) + 1;
      if (kind !== 'accepted') second.failed += 1;
      if (kind === 'unknown' && orderId !== undefined && this.#unknownIds.length < UNKNOWN_IDS_MAX) {
        this.#unknownIds.push(orderId);
      }
      this.#fromDueUs.record(latencyUs);
      this.#fromSendUs.record(microseconds(endedMs - sentMs));
      second.latenciesUs.push(latencyUs);
      if (raw !== undefined) raw.latencyUs[rawIndex - 1] = latencyUs;
    };
  }

  p99Ms(): number | null {
    const p99Us = this.#fromDueUs.quantile(0.99);
    return p99Us === null ? null : p99Us / 1_000;
  }

  /** Only once every order that was sent has its fate. `reachedMs`: how far the phase came. */
  evidence(reachedMs: number, replenished: LoadEvidence['replenished']): LoadEvidence {
    if (reachedMs > 0) this.#secondOf(reachedMs - 1);
    return {
      ...this.counts,
      lateMs: LATE_MS,
      // All of them or none: a part could not be told from the whole.
      ...(this.#unknownIds.length > 0 &&
        this.#unknownIds.length === this.counts.unknown && { unknownIds: this.#unknownIds }),
      answers: { ...this.#answers },
      latencyFromDueUs: this.#fromDueUs.toSparse(),
      latencyFromSendUs: this.#fromSendUs.toSparse(),
      lagUs: this.#lagUs.toSparse(),
      seconds: this.#seconds.map(summaryOf),
      rawLatencies: [...this.#raw].map(([flow, raw]) => ({ flow, ...raw })),
      replenished,
    };
  }

  #secondOf(offsetMs: number): Second {
    const index = Math.floor(offsetMs / 1_000);
    while (this.#seconds.length <= index) this.#seconds.push({ sent: 0, failed: 0, latenciesUs: [] });
    const second = this.#seconds[index];
    if (second === undefined) throw new RangeError(`no second at ${offsetMs} ms`);
    return second;
  }
}

/** What is left of a generator that died: its last counts, and no times. */
export function evidenceOfCounts(counts: LoadCounts): LoadEvidence {
  const replenished = { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };
  return { ...new LoadRecorder(counts.scheduled, []).evidence(0, replenished), ...counts };
}

function summaryOf({ sent, failed, latenciesUs }: Second): LoadEvidence['seconds'][number] {
  const sorted = latenciesUs.toSorted((left, right) => left - right);
  const quantile = (share: number): number | null => sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? null;
  return { sent, failed, p50Us: quantile(0.5), p99Us: quantile(0.99) };
}

function microseconds(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 1_000));
}
