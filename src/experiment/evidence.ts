/**
 * What was measured of a case: numbers only, as they go into `run.json`. Judging reads nothing else.
 * Durations carry their unit in the name; instants are epoch milliseconds; offsets count from the phase's start.
 */
import type { SparseHistogram } from '../stats/sparse-histogram.ts';
import type { BrokerFault, CaseId, Shard } from './cases.ts';

/** What the load generator saw. */
export interface LoadEvidence {
  scheduled: number;
  sent: number;
  /** Not sent because too many requests were in flight. */
  dropped: number;
  /** Sent more than `lateMs` after they were due. */
  late: number;
  lateMs: number;
  accepted: number;
  /** Answered, and not accepted. */
  refused: number;
  /** No answer, or one that leaves open whether the order counts. */
  unknown: number;
  /** Ids of the orders that count as unknown. Absent: there are none, or they were not kept. */
  unknownIds?: string[];
  /** Answers by HTTP status, failures by error code. */
  answers: Record<string, number>;
  /** From the moment an order was due to its whole answer. Microseconds. */
  latencyFromDueUs: SparseHistogram;
  /** From the moment it was sent. Microseconds. */
  latencyFromSendUs: SparseHistogram;
  /** How late the generator itself was: due to sent. Microseconds. */
  lagUs: SparseHistogram;
  /** One entry a second of the phase: orders sent, refused or failed, and latency from the due time. */
  seconds: { sent: number; failed: number; p50Us: number | null; p99Us: number | null }[];
  /** Latencies from the due time of single flows, in the order of sending, where a criterion compares them. */
  rawLatencies: { flow: string; offsetMs: number[]; latencyUs: number[] }[];
  replenished: {
    orders: number;
    reads: number;
    failures: number;
    /** Levels left short because a bid stood at or above them. */
    blockedLevels: number;
  };
  /** What a reader must know of how it was sent, in words. None of it makes the load invalid. */
  notes?: string[];
}

/** What one shard said of itself through its metrics, over the window of the phase. */
export interface ShardEvidence {
  shard: Shard;
  scrapes: { count: number; intervalMs: number; longestGapMs: number; resets: number };
  /** Seconds, whole window. */
  matchDuration: SparseHistogram;
  /** Seconds, windows of 30 s (see `steadyWindows`). */
  matchDurationWindows: { fromMs: number; toMs: number; histogram: SparseHistogram }[];
  /** Seconds, whole window, by part of the match. */
  stages: Record<string, SparseHistogram>;
  /** Garbage-collection pauses of the window. Seconds. */
  gcPauses: SparseHistogram;
  /** The engine's own longest pause over the last minute, at its highest within the window. Seconds. */
  gcPauseMaxSeconds: number | null;
  /** `[offsetMs, value]` a scrape, the value counted from the phase's start. */
  matches: (readonly [number, number])[];
  orders: (readonly [number, number])[];
  /** Resting asks and ask levels, `[offsetMs, value]`, and what the seed made of them. */
  askDepth: (readonly [number, number])[];
  askLevels: (readonly [number, number])[];
  askDepthSeeded: number;
  askLevelsSeeded: number;
  /** Heap in use, bytes. */
  heapBytes: (readonly [number, number])[];
  /** Counted from the phase's reset to its end, once all was at rest. */
  ordersCounted: number;
  matchesCounted: number;
  /**
   * The same, from a replay of the shard's log by another process. Null: it could not be read, and why. `unknown`: how many
   * of the orders that the client knows nothing of are in it; only where the shard was lost on purpose.
   */
  logged: { orders: number; matches: number; unknown?: number } | null;
  loggedWhyNot?: string;
  /** The same, from the topics, read back by another process once all had arrived. Absent: a record of an earlier release. */
  published?: { orders: number; matches: number; repeated: number; problems: string[] } | null;
  publishedWhyNot?: string;
  /** Only with a fault: what the shard said of itself before, during and after it. */
  stretches?: StretchEvidence[];
}

export interface StretchEvidence {
  name: 'before' | 'during' | 'after';
  /** Offsets from the phase's start. */
  fromMs: number;
  toMs: number;
  /** Seconds. */
  matchDuration: SparseHistogram;
  /** Events handed over and acknowledged, between the first scrape in it and the last. */
  eventsOffered: number;
  eventsSent: number;
}

export interface MachineEvidence {
  cores: number;
  /** Share of the machine's CPU time over the window, 0…1. */
  stealShare: number;
  /** CPU time of processes that are not the experiment's, 0…1; null where it cannot be told whose they are. */
  foreignShare: number | null;
  /** CPU time of each of the experiment's processes, in cores. */
  processes: Record<string, number>;
}

export interface FaultEvidence {
  kind: BrokerFault;
  means: string;
  /** From when it was set about, until `fromMs` the broker was neither there nor away. Absent: a record of an earlier release. */
  askedMs?: number;
  fromMs: number;
  toMs: number;
}

export interface PhaseEvidence {
  phase: string;
  startedAtMs: number;
  endedAtMs: number;
  /** Up to when counters were read, so that they had come to rest. Absent: a record of an earlier release. */
  restedAtMs?: number;
  plannedMs: number;
  load: LoadEvidence;
  shards: ShardEvidence[];
  /** Null where the system does not tell. */
  machine: MachineEvidence | null;
  /** What was done to the broker, and when: offsets from the phase's start. */
  fault?: FaultEvidence;
  /** A shard whose server was lost on purpose, and when it and its successor: offsets from the phase's start. */
  loss?: { shard: Shard; means: string; fromMs: number; readyMs: number | null };
}

export interface CaseEvidence {
  caseId: CaseId;
  /** 1 for the first. */
  repetition: number;
  timeScale: number;
  phases: PhaseEvidence[];
  /** Set when the case did not come to its end, with what happened. */
  brokenOff?: string;
}
