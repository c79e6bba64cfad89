/** A run with something of everything: a warning, a failure, an invalid case, one that was not run. */
import type { CaseId } from '../../src/experiment/cases.ts';
import type { CaseEvidence } from '../../src/experiment/evidence.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { judge } from '../../src/verdict/judge.ts';
import { buckets, evidenceOf, withLoad, withShard } from '../verdict/evidence-builder.ts';

const STARTED_MS = 1_767_225_600_000;

export function recordOf(cases: CaseEvidence[], asked: CaseId[], timeScale = 1): RunRecord {
  return {
    schemaVersion: 1,
    runId: '20260101-000000',
    mexVersion: '0.1.0',
    commit: { hash: '0123456789abcdef0123456789abcdef01234567', dirty: true },
    argv: ['run-all'],
    startedAtMs: STARTED_MS,
    endedAtMs: STARTED_MS + 605_000,
    config: { target: 'local', driver: 'embedded', seed: 1, timeScale, repeat: 1, cases: asked },
    machine: {
      cpuModel: 'Model X',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      kernel: '6.1',
      node: '24.1.0',
      loadAverage: 0.5,
    },
    cases,
    notRun: [],
    judgement: judge({ cases, notRun: [], timeScale, asked }),
  };
}

export function mixedRecord(): RunRecord {
  const a2 = withShard(evidenceOf('a2'), { gcPauses: buckets([0.005, 0.01, 1]), gcPauseMaxSeconds: 0.0062 });
  const a3 = withShard(evidenceOf('a3'), { logged: null, loggedWhyNot: 'record 7 <torn> & "gone"' });
  const b2 = withShard(evidenceOf('b2'), { matchDuration: buckets([0.0005, 0.0006, 90], [0.25, 0.26, 10]) });
  const b1 = withLoad(evidenceOf('b1'), { dropped: 1, scheduled: 101 });
  const asked: CaseId[] = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4', 'b5'];
  const cases = [evidenceOf('a1'), a2, a3, b1, b2, evidenceOf('b3'), evidenceOf('b4'), evidenceOf('b5')];
  return { ...recordOf(cases, asked), machine: { ...recordOf([], []).machine }, interrupted: true };
}

export function shortenedRecord(): RunRecord {
  const asked: CaseId[] = ['a1', 'a2', 'a3', 'a4'];
  return recordOf([evidenceOf('a2', { timeScale: 0.05 }), evidenceOf('a3', { timeScale: 0.05 })], asked, 0.05);
}
