/**
 * `run.json`: everything that is known of a run, so that every report can be made again from it, and every verdict.
 * Versioned: a reader refuses a newer version instead of guessing.
 */
import { z } from 'zod';
import type { CaseId } from '../experiment/cases.ts';
import type { Repeat } from '../experiment/criteria.ts';
import type { CaseEvidence } from '../experiment/evidence.ts';
import type { Judgement } from '../verdict/verdict.ts';
import { caseEvidenceSchema, caseIdSchema, type SameType } from './evidence-schema.ts';

export const SCHEMA_VERSION = 1;

export interface RunRecord {
  schemaVersion: typeof SCHEMA_VERSION;
  runId: string;
  mexVersion: string;
  /** Null outside of a git checkout. */
  commit: { hash: string; dirty: boolean } | null;
  argv: string[];
  startedAtMs: number;
  endedAtMs: number;
  config: {
    target: string;
    driver: string;
    seed: number;
    timeScale: number;
    repeat: Repeat;
    cases: CaseId[];
    /** Where the engines published: `stand-in`, or the `host:port` of a real one. Absent until a case was measured. */
    broker?: string;
    /** What measured the servers: `collector`, `prometheus 3.16.0`, … Absent in records of earlier releases: the collector. */
    metrics?: string;
    /** Where the load came from, and by how many Jobs. Absent on this machine, where there is but one place. */
    load?: { from: 'cluster' | 'here'; jobs: number };
    /** The cluster of target `k8s`. */
    cluster?: ClusterConditions;
  };
  /** `cpuModel`, `cores`, `memoryBytes`, `kernel`, `os`, `arch`, `node`, `loadAverage`, …; null where not known. */
  machine: Record<string, string | number | null>;
  cases: CaseEvidence[];
  /** Attempts that did not count and were made again when the run was resumed: who repeats must say so. */
  repeated?: RepeatedAttempt[];
  notRun: { caseId: CaseId; reason: string }[];
  judgement: Judgement;
  /** Set when the run was ended by a signal. */
  interrupted?: boolean;
}

/** What the figures were measured in: nodes, and what stood on them. */
export interface ClusterConditions {
  /** `k3d`: its nodes are containers of the machine that mex ran on; `context`: somebody else keeps it. */
  kind: 'k3d' | 'context';
  context: string;
  /** CPU and memory as quantities of Kubernetes: `2`, `24689764Ki`. */
  nodes: { name: string; cpu: string; memory: string; kubelet: string; forLoad: boolean }[];
  broker: string;
  observability: string;
  place: string;
  image: string;
}

export interface RepeatedAttempt {
  caseId: CaseId;
  repetition: number;
  startedAtMs: number;
  /** Why it did not count. */
  because: string;
}

const verdict = z.enum(['PASS', 'WARN', 'FAIL', 'INCONCLUSIVE', 'INVALID', 'NOT RUN']);
const asr = z.enum(['asr1', 'asr2']);
const criterion = z.object({
  id: z.enum([
    'match-p99',
    'http-p99',
    'errors',
    'gc-pause',
    'depth-p99',
    'decoupling',
    'budget',
    'throughput',
    'shard-p99',
    'scaling',
    'isolation',
    'continuity',
    'memory',
  ]),
  asr,
  weight: z.enum(['primary', 'hard', 'secondary']),
  title: z.string(),
  cases: z.array(caseIdSchema).readonly(),
  verdict,
  found: z.string(),
  limit: z.string(),
  because: z.string(),
});
const check = z.object({
  rule: z.enum(['offered load', 'stimulus', 'book shape', 'measurements', 'agreement', 'generator', 'machine']),
  ok: z.boolean(),
  found: z.string(),
  expected: z.string(),
  notApplicable: z.string().exactOptional(),
});
const durability = z.object({
  verdict: z.enum(['PASS', 'FAIL', 'INCONCLUSIVE', 'INVALID']),
  because: z.string(),
  acknowledged: z.number(),
  open: z.number(),
  logged: z.number().nullable(),
  lostMin: z.number(),
  lostMax: z.number(),
  acceptedAgainMs: z.number().nullable(),
  readyMs: z.number().nullable(),
});
const judgement = z.object({
  indicative: z.boolean(),
  cases: z.array(
    z.object({
      caseId: caseIdSchema,
      repetition: z.number(),
      verdict,
      because: z.string(),
      checks: z.array(check),
      criteria: z.array(criterion),
      durability: durability.exactOptional(),
    }),
  ),
  asrs: z.array(
    z.object({
      asr,
      verdict: z.enum(['PASS', 'CONDITIONAL PASS', 'FAIL', 'NO VERDICT']),
      because: z.string(),
      criteria: z.array(criterion),
    }),
  ),
});

const cluster = z.object({
  kind: z.enum(['k3d', 'context']),
  context: z.string(),
  nodes: z.array(
    z.object({ name: z.string(), cpu: z.string(), memory: z.string(), kubelet: z.string(), forLoad: z.boolean() }),
  ),
  broker: z.string(),
  observability: z.string(),
  place: z.string(),
  image: z.string(),
});

const runRecordSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  runId: z.string(),
  mexVersion: z.string(),
  commit: z.object({ hash: z.string(), dirty: z.boolean() }).nullable(),
  argv: z.array(z.string()),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  config: z.object({
    target: z.string(),
    driver: z.string(),
    seed: z.number(),
    timeScale: z.number().positive(),
    repeat: z.union([z.number().int().min(1), z.literal('as needed')]),
    cases: z.array(caseIdSchema),
    broker: z.string().exactOptional(),
    metrics: z.string().exactOptional(),
    load: z.object({ from: z.enum(['cluster', 'here']), jobs: z.number().int().min(1) }).exactOptional(),
    cluster: cluster.exactOptional(),
  }),
  machine: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  cases: z.array(caseEvidenceSchema),
  repeated: z
    .array(z.object({ caseId: caseIdSchema, repetition: z.number(), startedAtMs: z.number(), because: z.string() }))
    .exactOptional(),
  notRun: z.array(z.object({ caseId: caseIdSchema, reason: z.string() })),
  judgement,
  interrupted: z.boolean().exactOptional(),
});
true satisfies SameType<z.infer<typeof runRecordSchema>, RunRecord>;

/** A record, or in one line why the text is none. The caller knows the file and what to do about it. */
export type ParsedRecord =
  | { ok: true; record: RunRecord }
  | { ok: false; problem: 'not json' | 'newer version' | 'not a run record'; message: string };

export function parseRunRecord(text: string): ParsedRecord {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (thrown) {
    return {
      ok: false,
      problem: 'not json',
      message: `not JSON: ${thrown instanceof Error ? thrown.message : thrown}`,
    };
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(found);
  if (version.success && version.data.schemaVersion > SCHEMA_VERSION) {
    const message = `schema version ${version.data.schemaVersion}; this mex reads up to ${SCHEMA_VERSION}`;
    return { ok: false, problem: 'newer version', message };
  }
  const parsed = runRecordSchema.safeParse(found);
  if (parsed.success) return { ok: true, record: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'record'}: ${message}`);
  return { ok: false, problem: 'not a run record', message: firstOf(problems) };
}

const PROBLEMS_SHOWN = 5;

function firstOf(problems: string[]): string {
  const more = problems.length - PROBLEMS_SHOWN;
  return problems.slice(0, PROBLEMS_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** The JSON Schema (2020-12) that is published with the package. */
export function runRecordJsonSchema(): object {
  return z.toJSONSchema(runRecordSchema);
}
