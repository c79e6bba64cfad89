/** What each ASR is about, in words. */
import type { AsrId } from '../experiment/cases.ts';

export const ASR_TITLE: Readonly<Record<AsrId, string>> = {
  asr1: 'ASR 1 latency',
  asr2: 'ASR 2 scalability',
};
