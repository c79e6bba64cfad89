/** Looks again and again until there is an answer, with a limit. Short watches end too early to be relied on. */
import { setTimeout as delay } from 'node:timers/promises';

/** A look costs the API server little, and a person waits for the end of it. */
export const LOOK_EVERY_MS = 500;

export interface PollOptions {
  limitMs: number;
  everyMs?: number;
  signal: AbortSignal;
}

/** Undefined: there was no answer in time. @throws what the look throws; the signal's reason when aborted. */
export async function pollUntil<T>(look: () => Promise<T | undefined>, options: PollOptions): Promise<T | undefined> {
  const { limitMs, everyMs = LOOK_EVERY_MS, signal } = options;
  const endMs = performance.now() + limitMs;
  signal.throwIfAborted();
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (performance.now() >= endMs) return undefined;
    await waited(everyMs, signal);
  }
}

/** @throws the signal's reason when aborted. */
export async function waited(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
