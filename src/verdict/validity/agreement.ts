/**
 * 5. The client, the engine's counters, its log and its events in the topics tell the same story. Orders whose answer is
 * unknown may count either way. Records of releases that published nothing hold no events, and say so.
 */
import type { CaseEvidence, PhaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { whole } from '../wording.ts';
import { everyPhase, type RuleFinding } from './rule-finding.ts';

export function agreement(evidence: CaseEvidence): RuleFinding {
  const expected = 'accepted = counted = logged = events in the topics, for orders and matches';
  return everyPhase(evidence, expected, (phase) => {
    const misses = [...phase.shards.flatMap(shardMisses), ...clientMisses(phase), ...phase.shards.flatMap(eventMisses)];
    const matches = phase.shards.reduce((sum, { matchesCounted }) => sum + matchesCounted, 0);
    const agreed = `${whole(phase.load.accepted)} orders and ${whole(matches)} matches agree`;
    const isChecked = phase.shards.every(({ published }) => published !== undefined);
    return { ok: misses.length === 0, found: misses[0] ?? (isChecked ? agreed : `${agreed} (events not checked)`) };
  });
}

function shardMisses({ shard, logged, loggedWhyNot, ordersCounted, matchesCounted }: ShardEvidence): string[] {
  if (logged === null) return [`the log of shard ${shard} could not be read: ${loggedWhyNot ?? 'no reason given'}`];
  const misses: string[] = [];
  if (ordersCounted !== logged.orders) {
    misses.push(`shard ${shard} counted ${whole(ordersCounted)} orders and logged ${whole(logged.orders)}`);
  }
  if (matchesCounted !== logged.matches) {
    misses.push(`shard ${shard} counted ${whole(matchesCounted)} matches and logged ${whole(logged.matches)}`);
  }
  return misses;
}

function eventMisses({ shard, published, publishedWhyNot, ordersCounted, matchesCounted }: ShardEvidence): string[] {
  if (published === undefined) return [];
  if (published === null)
    return [`the events of shard ${shard} could not be read: ${publishedWhyNot ?? 'no reason given'}`];
  const misses = published.problems.map((problem) => `events of shard ${shard}: ${problem}`);
  if (published.orders !== ordersCounted) {
    misses.push(`shard ${shard} counted ${whole(ordersCounted)} orders, the topics hold ${whole(published.orders)}`);
  }
  if (published.matches !== matchesCounted) {
    misses.push(`shard ${shard} counted ${whole(matchesCounted)} matches, the topics hold ${whole(published.matches)}`);
  }
  return misses;
}

function clientMisses({ load, shards }: PhaseEvidence): string[] {
  if (shards.length === 0) return ['no shard was measured'];
  const counted = shards.reduce((sum, { ordersCounted }) => sum + ordersCounted, 0);
  if (counted >= load.accepted && counted <= load.accepted + load.unknown) return [];
  const unknown = load.unknown > 0 ? ` (and ${whole(load.unknown)} unknown)` : '';
  return [`the client saw ${whole(load.accepted)} orders accepted${unknown}, the engine counted ${whole(counted)}`];
}
