/** 3. The asks kept the shape they were seeded with: depth and levels of every shard, at every scrape. */
import type { CaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { VALIDITY } from '../../experiment/validity.ts';
import { percent, whole } from '../wording.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

/** Shares like 0.9 have no exact binary form: without this much, exactly 10 % off would miss. */
const ROUNDING = 1e-9;

export function bookShape(evidence: CaseEvidence): RuleFinding {
  const expected = `asks within ${percent(VALIDITY.bookShapeToleranceShare, 0)} of the seed at every scrape`;
  return everyPhase(evidence, expected, ({ shards }) => {
    const deviations = shards.flatMap((shard) => [depthOf(shard), levelsOf(shard)]);
    const worst = deviations.reduce((left, right) => (right.share > left.share ? right : left), NOTHING);
    const measured = deviations.length > 0 && deviations.every(({ share }) => Number.isFinite(share));
    return { ok: measured && worst.share <= VALIDITY.bookShapeToleranceShare + ROUNDING, found: worst.found };
  });
}

interface Deviation {
  share: number;
  found: string;
}

const NOTHING: Deviation = { share: Number.NEGATIVE_INFINITY, found: 'no shard was measured' };

function depthOf({ shard, askDepth, askDepthSeeded }: ShardEvidence): Deviation {
  return deviation(`ask depth of shard ${shard}`, askDepth, askDepthSeeded);
}

function levelsOf({ shard, askLevels, askLevelsSeeded }: ShardEvidence): Deviation {
  return deviation(`ask levels of shard ${shard}`, askLevels, askLevelsSeeded);
}

function deviation(what: string, samples: ShardEvidence['askDepth'], seeded: number): Deviation {
  const missing = { share: Number.POSITIVE_INFINITY, found: `no ${what}` };
  if (!(seeded > 0)) return missing;
  return samples.reduce((worst, [, value]) => {
    const share = Math.abs(value - seeded) / seeded;
    if (worst !== missing && share <= worst.share) return worst;
    return { share, found: `${what} up to ${percent(share, 1)} off (${whole(value)} of ${whole(seeded)})` };
  }, missing);
}
