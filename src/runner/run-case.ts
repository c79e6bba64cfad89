/** One case, once: its phases one after another. What was measured before a failure is kept. */

import { messageOf } from '../errors/mex-error.ts';
import type { Case, Phase, Shard } from '../experiment/cases.ts';
import type { CaseEvidence, PhaseEvidence } from '../experiment/evidence.ts';
import { scaleCase } from '../experiment/scale-case.ts';
import type { Deployment } from '../targets/target.ts';
import { type PhaseProgress, type PhaseResult, runPhase, type Stage } from './run-phase.ts';

export interface CaseRequest {
  case: Case;
  deployment: Deployment;
  runId: string;
  repetition: number;
  seed: number;
  timeScale: number;
  /** Its server is lost on purpose, half-way through each phase. */
  loseShard?: Shard;
  /** Where a driver keeps what its program said. */
  logFolder: string;
  onProgress(phase: Phase, progress: PhaseProgress): void;
  /** Called with each phase as soon as it is over, while its series are still at hand. */
  onPhase(phase: PhaseEvidence): Promise<void>;
  signal: AbortSignal;
}

export async function runCase(stage: Stage, request: CaseRequest): Promise<CaseEvidence> {
  const { repetition, timeScale, signal } = request;
  const scaled = scaleCase(request.case, timeScale);
  const evidence: CaseEvidence = { caseId: scaled.id, repetition, timeScale, phases: [] };
  for (const phase of scaled.phases) {
    const { evidence: measured, brokenOff } = await runOne(stage, { ...request, case: scaled }, phase);
    if (measured !== undefined) {
      evidence.phases.push(measured);
      await request.onPhase(measured);
    }
    if (signal.aborted) return { ...evidence, brokenOff: messageOf(signal.reason) };
    if (brokenOff !== undefined) return { ...evidence, brokenOff };
  }
  return evidence;
}

/** A phase that fails breaks the case off, with the reason; it does not end the run. */
async function runOne(stage: Stage, request: CaseRequest, phase: Phase): Promise<Partial<PhaseResult>> {
  const { runId, repetition, logFolder } = request;
  const { id, phases } = request.case;
  const [name, again] = [phase.name.replaceAll(' ', '-'), repetition > 1 ? `/r${repetition}` : ''];
  try {
    return await runPhase(stage, {
      ...request,
      phase,
      idPrefix: `${runId}-${id}.${phases.indexOf(phase)}.${repetition}`,
      testId: `${runId}/${id}/${name}${again}`,
      logs: { folder: logFolder, name: `${id}-${name}-r${repetition}` },
      onProgress: (progress) => request.onProgress(phase, progress),
    });
  } catch (thrown) {
    return { brokenOff: messageOf(thrown) };
  }
}
