/**
 * Windows are cut by this machine's clock, and samples bear Prometheus' own. Where the two differ, a window holds what was
 * measured before or after it, and nothing in the samples tells.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { PrometheusApi } from './prometheus-api.ts';

/** The shortest time between two scrapes: below it no sample comes to stand on the wrong side of a rested edge. */
const DIFFERENCE_MS_MAX = 1_000;

/** @throws MexError `CLOCKS_DIFFER`. How long the question took is allowed for. */
export async function requireSameClock(api: Pick<PrometheusApi, 'url' | 'timeMs'>, now: () => number): Promise<void> {
  const askedMs = now();
  const theirsMs = await api.timeMs();
  const answeredMs = now();
  const behindMs = askedMs - theirsMs;
  const aheadMs = theirsMs - answeredMs;
  const differenceMs = Math.max(behindMs, aheadMs);
  if (differenceMs <= DIFFERENCE_MS_MAX) return;
  const how = `${(differenceMs / 1_000).toFixed(1)} s ${behindMs > aheadMs ? 'behind' : 'ahead of'} this machine's`;
  throw new MexError(
    `The clock of Prometheus at ${api.url} is ${how}; at most ${DIFFERENCE_MS_MAX / 1_000} s will do`,
    {
      code: 'CLOCKS_DIFFER',
      exit: EXIT.environment,
      suggestion: 'Set both by NTP, then run this again.',
    },
  );
}
