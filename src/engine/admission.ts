/** Why a command is not taken. What is refused here was never written anywhere: it is safe to send again. */
import { COMMAND } from './record.ts';

export type EngineState = 'REPLAYING' | 'UP' | 'DRAINING' | 'FAILED';

export interface Condition {
  state: EngineState;
  /** The disk has not answered for too long. */
  isStalled: boolean;
  isFull: boolean;
  isLowOnSpace: boolean;
}

export const LOG_FAILED = 'The log failed';
export const STALLED = 'The disk does not answer';
const RING_FULL = 'The engine is at capacity';
const LOW_ON_SPACE = 'The disk is nearly full: cancels only';
const WHY_NOT = {
  REPLAYING: 'The engine is replaying its log',
  DRAINING: 'The engine is stopping',
  FAILED: LOG_FAILED,
} as const;

/** `null`: it is taken. What takes away from the book, or only looks, is taken as long as there is any room. */
export function whyNotTaken(kind: number, { state, isStalled, isFull, isLowOnSpace }: Condition): string | null {
  if (state !== 'UP') return WHY_NOT[state];
  if (isStalled) return STALLED;
  if (isFull) return RING_FULL;
  const addsToBook = kind === COMMAND.place || kind === COMMAND.seed || kind === COMMAND.amend;
  return isLowOnSpace && addsToBook ? LOW_ON_SPACE : null;
}
