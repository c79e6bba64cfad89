/** A shortened case: every duration times a factor; seeds, rates and ratios stay as they are. */
import { type Case, type Phase, phaseDurationMs } from './cases.ts';

/** No case or phase of a shortened run gets shorter than this. */
export const PHASE_MS_MIN = 10_000;

/** The case with every duration multiplied; a phase that would fall below the minimum is stretched to it. */
export function scaleCase(original: Case, timeScale: number): Case {
  return { ...original, phases: original.phases.map((phase) => scalePhase(phase, timeScale, original.phaseMsMin)) };
}

function scalePhase(phase: Phase, timeScale: number, phaseMsMin = PHASE_MS_MIN): Phase {
  const plannedMs = phaseDurationMs(phase);
  const factor = Math.max(timeScale, phaseMsMin / plannedMs);
  const flows = phase.flows.map((one) => ({
    ...one,
    stages: one.stages.map((stage) => ({ ...stage, durationMs: Math.round(stage.durationMs * factor) })),
  }));
  return { ...phase, flows };
}
