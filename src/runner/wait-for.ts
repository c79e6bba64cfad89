/** Waits for a condition, with a limit; false when it did not come true in time. A failing look counts as "not yet". */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

export async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += LOOK_EVERY_MS) {
    if (await condition().catch(() => false)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
