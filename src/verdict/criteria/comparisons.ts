/** How each criterion is judged: on every repetition by itself, or on all of them together. */
import type { CriterionId } from '../../experiment/criteria.ts';
import type { CaseEvidence } from '../../experiment/evidence.ts';
import type { Finding } from '../finding.ts';
import { budget } from './budget.ts';
import { decoupling } from './decoupling.ts';
import { errors } from './errors.ts';
import { gcPause } from './gc-pause.ts';
import { isolation } from './isolation.ts';
import { depthP99, httpP99, matchP99, shardP99 } from './latency.ts';
import { memory } from './memory.ts';
import { continuity } from './not-run.ts';
import { scaling, throughput } from './throughput.ts';

export type Comparison = {
  /** A FAIL means little when the machine worked for somebody else. */
  ofTime: boolean;
} & ({ each: (evidence: CaseEvidence) => Finding } | { pooled: (evidence: readonly CaseEvidence[]) => Finding });

export const COMPARISONS: Readonly<Record<CriterionId, Comparison>> = {
  'match-p99': { ofTime: true, each: matchP99 },
  'http-p99': { ofTime: true, each: httpP99 },
  errors: { ofTime: false, each: errors },
  'gc-pause': { ofTime: true, each: gcPause },
  'depth-p99': { ofTime: true, each: depthP99 },
  decoupling: { ofTime: true, pooled: decoupling },
  budget: { ofTime: true, each: budget },
  throughput: { ofTime: false, each: throughput },
  'shard-p99': { ofTime: true, each: shardP99 },
  scaling: { ofTime: false, pooled: scaling },
  isolation: { ofTime: true, pooled: isolation },
  continuity: { ofTime: true, each: continuity },
  memory: { ofTime: false, each: memory },
};
