/** What of a run is left to do. */
import { type Case, phaseDurationMs } from '../experiment/cases.ts';
import { AS_NEEDED } from '../experiment/criteria.ts';
import { scaleCase } from '../experiment/scale-case.ts';
import type { RunRecord } from '../report/run-record.ts';
import { needsAnother } from '../verdict/repetitions.ts';

export interface WorkItem {
  case: Case;
  repetition: number;
}

/** A case that does not count, broken off or invalid, is run again, and the record says so. `record` is judged. */
export function forgetInvalid(record: RunRecord): void {
  for (const { caseId, repetition, verdict, because } of record.judgement.cases) {
    if (verdict !== 'INVALID') continue;
    const index = record.cases.findIndex((one) => one.caseId === caseId && one.repetition === repetition);
    const [attempt] = record.cases.splice(index, 1);
    const startedAtMs = attempt?.phases[0]?.startedAtMs ?? record.startedAtMs;
    record.repeated = [...(record.repeated ?? []), { caseId, repetition, startedAtMs, because }];
  }
}

/** In the order of the cases. Where repetitions are made as needed it grows with what was measured; `record` is judged. */
export function pendingWork(cases: readonly Case[], record: RunRecord): WorkItem[] {
  const done = new Set(record.cases.map(({ caseId, repetition }) => `${caseId}/${repetition}`));
  const runnable = cases.filter(({ notRun }) => notRun?.part !== 'case');
  return runnable.flatMap((one) =>
    Array.from({ length: repetitionsOf(one, record) }, (_, index) => ({ case: one, repetition: index + 1 })).filter(
      ({ repetition }) => !done.has(`${one.id}/${repetition}`),
    ),
  );
}

function repetitionsOf({ id }: Case, { config, cases, judgement }: RunRecord): number {
  if (config.repeat !== 'as needed') return config.repeat;
  const measured = cases.filter(({ caseId }) => caseId === id);
  const isInvalid = judgement.cases.some(({ caseId, verdict }) => caseId === id && verdict === 'INVALID');
  if (measured.length === 0 || isInvalid) return 1;
  return needsAnother(measured) ? measured.length + 1 : measured.length;
}

/** `[2/11] A2 normal load, about 8 min to go`. `work`: `next` and what comes behind it. */
export function titleOf(next: WorkItem, work: readonly WorkItem[], { cases, config }: RunRecord): string {
  const { case: experiment, repetition } = next;
  const place = `[${cases.length + 1}/${cases.length + work.length}]`;
  const again = againOf(repetition, config.repeat);
  const left = minutesLeft(work, config.timeScale);
  return `${place} ${experiment.id.toUpperCase()} ${experiment.title}${again}, about ${left} to go`;
}

function againOf(repetition: number, repeat: RunRecord['config']['repeat']): string {
  if (repeat !== 'as needed') return repeat > 1 ? `, ${repetition} of ${repeat}` : '';
  return repetition > 1 ? `, too noisy yet: ${repetition} of ${AS_NEEDED.repetitionsMax} at most` : '';
}

/** What is planned, and some seconds a phase for seeding and coming to rest. */
function minutesLeft(work: readonly WorkItem[], timeScale: number): string {
  const phases = work.flatMap((item) => scaleCase(item.case, timeScale).phases);
  const leftMs = phases.reduce((sum, phase) => sum + phaseDurationMs(phase) + AROUND_PHASE_MS, 0);
  return `${Math.ceil(leftMs / 60_000)} min`;
}

const AROUND_PHASE_MS = 6_000;
