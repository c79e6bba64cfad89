/** The evidence of a case as it stands in `run.json`. Checked against the types of `experiment/evidence.ts`. */
import { z } from 'zod';
import type { CaseEvidence } from '../experiment/evidence.ts';

export const caseIdSchema = z.enum(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6']);
const shard = z.enum(['a', 'b', 'c']);
const series = z.array(z.tuple([z.number(), z.number()]).readonly());
const histogram = z.object({
  buckets: z.array(z.tuple([z.number(), z.number().nullable(), z.number()]).readonly()),
  count: z.number(),
  sum: z.number(),
});

const load = z.object({
  scheduled: z.number(),
  sent: z.number(),
  dropped: z.number(),
  late: z.number(),
  lateMs: z.number(),
  accepted: z.number(),
  refused: z.number(),
  unknown: z.number(),
  unknownIds: z.array(z.string()).exactOptional(),
  answers: z.record(z.string(), z.number()),
  latencyFromDueUs: histogram,
  latencyFromSendUs: histogram,
  lagUs: histogram,
  seconds: z.array(
    z.object({ sent: z.number(), failed: z.number(), p50Us: z.number().nullable(), p99Us: z.number().nullable() }),
  ),
  rawLatencies: z.array(z.object({ flow: z.string(), offsetMs: z.array(z.number()), latencyUs: z.array(z.number()) })),
  replenished: z.object({
    orders: z.number(),
    reads: z.number(),
    failures: z.number(),
    blockedLevels: z.number(),
  }),
  notes: z.array(z.string()).exactOptional(),
});

const shardEvidence = z.object({
  shard,
  scrapes: z.object({
    count: z.number(),
    intervalMs: z.number(),
    longestGapMs: z.number(),
    resets: z.number(),
  }),
  matchDuration: histogram,
  matchDurationWindows: z.array(z.object({ fromMs: z.number(), toMs: z.number(), histogram })),
  stages: z.record(z.string(), histogram),
  gcPauses: histogram,
  gcPauseMaxSeconds: z.number().nullable(),
  matches: series,
  orders: series,
  askDepth: series,
  askLevels: series,
  askDepthSeeded: z.number(),
  askLevelsSeeded: z.number(),
  heapBytes: series,
  ordersCounted: z.number(),
  matchesCounted: z.number(),
  logged: z.object({ orders: z.number(), matches: z.number(), unknown: z.number().exactOptional() }).nullable(),
  loggedWhyNot: z.string().exactOptional(),
  published: z
    .object({ orders: z.number(), matches: z.number(), repeated: z.number(), problems: z.array(z.string()) })
    .nullable()
    .exactOptional(),
  publishedWhyNot: z.string().exactOptional(),
  stretches: z
    .array(
      z.object({
        name: z.enum(['before', 'during', 'after']),
        fromMs: z.number(),
        toMs: z.number(),
        matchDuration: histogram,
        eventsOffered: z.number(),
        eventsSent: z.number(),
      }),
    )
    .exactOptional(),
});

const machine = z.object({
  cores: z.number(),
  stealShare: z.number(),
  foreignShare: z.number().nullable(),
  processes: z.record(z.string(), z.number()),
});

export const caseEvidenceSchema = z.object({
  caseId: caseIdSchema,
  repetition: z.number().int().min(1),
  timeScale: z.number().positive(),
  phases: z.array(
    z.object({
      phase: z.string(),
      startedAtMs: z.number(),
      endedAtMs: z.number(),
      restedAtMs: z.number().exactOptional(),
      plannedMs: z.number(),
      load,
      shards: z.array(shardEvidence),
      machine: machine.nullable(),
      fault: z
        .object({
          kind: z.enum(['black hole', 'refused']),
          means: z.string(),
          askedMs: z.number().exactOptional(),
          fromMs: z.number(),
          toMs: z.number(),
        })
        .exactOptional(),
      loss: z.object({ shard, means: z.string(), fromMs: z.number(), readyMs: z.number().nullable() }).exactOptional(),
    }),
  ),
  brokenOff: z.string().exactOptional(),
});

/** Compiles only while schema and type say the same, in both directions. */
export type SameType<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
true satisfies SameType<z.infer<typeof caseEvidenceSchema>, CaseEvidence>;
