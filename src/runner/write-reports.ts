/** A run record → the files that people and other programs read. Everything here can be made again from `run.json`. */
import type { CaseEvidence } from '../experiment/evidence.ts';
import { hgrm } from '../report/hgrm.ts';
import { junitReport } from '../report/junit-report.ts';
import { markdownReport } from '../report/markdown-report.ts';
import type { RunRecord } from '../report/run-record.ts';
import type { ResultsFolder } from './results-folder.ts';

export async function writeReports(record: RunRecord, folder: ResultsFolder): Promise<void> {
  await folder.write('summary.md', markdownReport(record));
  await folder.write('junit.xml', junitReport(record));
  for (const evidence of record.cases) {
    for (const { phase, load } of evidence.phases) {
      await folder.write(`latency-${latencyName(evidence, phase)}.hgrm`, hgrm(load.latencyFromDueUs));
    }
  }
}

/** `a2`, `a3-deep`, `a2-r2`: the phase where there are several, the repetition from the second on. */
function latencyName({ caseId, repetition, phases }: CaseEvidence, phase: string): string {
  const ofPhase = phases.length > 1 ? `-${phase}` : '';
  const ofRepetition = repetition > 1 ? `-r${repetition}` : '';
  return `${caseId}${ofPhase}${ofRepetition}`;
}
