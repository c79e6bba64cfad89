/** What others than the metrics say of a shard: a replay of its log, and its events, read back from the topics. */
import { messageOf } from '../errors/mex-error.ts';
import type { Shard } from '../experiment/cases.ts';
import type { ShardEvidence } from '../experiment/evidence.ts';
import type { Target } from '../targets/target.ts';

export type Witnesses = Pick<ShardEvidence, 'logged' | 'loggedWhyNot' | 'published' | 'publishedWhyNot'>;

const WITNESS_MS_MAX = 60_000;

/** Asked even after an interruption: it is part of what was measured. What could not be read says why. */
export async function askWitnesses(target: Target, shard: Shard, find?: readonly string[]): Promise<Witnesses> {
  return { ...(await countLog(target, shard, find)), ...(await checkEvents(target, shard)) };
}

/** @param find ids of orders of which the client knows nothing */
async function countLog(
  target: Target,
  shard: Shard,
  find: readonly string[] | undefined,
): Promise<Pick<ShardEvidence, 'logged' | 'loggedWhyNot'>> {
  try {
    const { orders, matches, found } = await target.countLog(shard, AbortSignal.timeout(WITNESS_MS_MAX), find);
    return { logged: { orders, matches, ...(find !== undefined && found !== undefined && { unknown: found }) } };
  } catch (thrown) {
    return { logged: null, loggedWhyNot: messageOf(thrown) };
  }
}

/** Events are read back once they have arrived; what has not by then is told. */
async function checkEvents(
  target: Target,
  shard: Shard,
): Promise<Pick<ShardEvidence, 'published' | 'publishedWhyNot'>> {
  try {
    return { published: await target.checkEvents(shard, AbortSignal.timeout(WITNESS_MS_MAX)) };
  } catch (thrown) {
    return { published: null, publishedWhyNot: messageOf(thrown) };
  }
}
