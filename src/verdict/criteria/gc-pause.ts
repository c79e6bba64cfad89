/**
 * A2: the longest garbage-collection pause. The histogram gives its bucket; the engine's own maximum of the last
 * minute gives the value, but may be of a pause before the window: it counts only when it lies in that bucket.
 */
import { GC_PAUSE_MS } from '../../experiment/criteria.ts';
import type { CaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { highestBucketOf, observationsOf } from '../../stats/quantile.ts';
import { decisive, type Finding, noData } from '../finding.ts';
import { milliseconds } from '../wording.ts';

export function gcPause({ phases }: CaseEvidence): Finding {
  return decisive(
    phases.flatMap(({ shards }) => shards.map(longestPause)),
    'no shard was measured',
  );
}

function longestPause({ shard, scrapes, gcPauses, gcPauseMaxSeconds }: ShardEvidence): Finding {
  const pauses = observationsOf(gcPauses);
  if (!(scrapes.count > 0) || pauses === undefined || pauses !== gcPauses.count) {
    return noData(`the pauses of shard ${shard} were not measured`);
  }
  const bucket = highestBucketOf(gcPauses);
  if (bucket === undefined) {
    return { verdict: 'PASS', found: 'no pause', because: 'no collection in the window' };
  }
  const maxMs = (gcPauseMaxSeconds ?? Number.NaN) * 1_000;
  const [lowerMs, upperMs] = [bucket.lower * 1_000, bucket.upper * 1_000];
  if (maxMs > lowerMs && maxMs <= upperMs) return judged(maxMs, maxMs, milliseconds(maxMs));
  return judged(lowerMs, upperMs, `${milliseconds(lowerMs)} to ${milliseconds(upperMs)}`);
}

/** `lowerMs` is exclusive unless both are the same. */
function judged(lowerMs: number, upperMs: number, found: string): Finding {
  const because = `the longest pause was ${found}`;
  const exact = lowerMs === upperMs;
  if (lowerMs >= GC_PAUSE_MS.fail)
    return { verdict: 'FAIL', found, because: `${because}: ${GC_PAUSE_MS.fail} ms fail` };
  if (upperMs < GC_PAUSE_MS.pass || (!exact && upperMs <= GC_PAUSE_MS.pass)) return { verdict: 'PASS', found, because };
  if (upperMs <= GC_PAUSE_MS.fail) {
    return { verdict: 'WARN', found, because: `${because}: from ${GC_PAUSE_MS.pass} ms a warning` };
  }
  return { verdict: 'INCONCLUSIVE', found, because: `${because}: the bucket reaches over ${GC_PAUSE_MS.fail} ms` };
}
