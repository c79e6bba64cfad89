/** Waits for a condition, with a limit; false when it did not come true in time. A failing look counts as "not yet". */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

/** @param limitMs from now; a look that is under way when it passes is the last one */
export async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    if (await condition().catch(() => false)) return true;
    if (performance.now() >= deadlineMs) return false;
    await sleep(LOOK_EVERY_MS);
  }
}
