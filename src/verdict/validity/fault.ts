/** Was the broker really away, for as long as it should have been? A fault that did not take place proves nothing. */
import type { Phase } from '../../experiment/cases.ts';
import type { PhaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { awayMsMin } from '../../experiment/fault-window.ts';
import { whole } from '../wording.ts';

export function faultMisses({ fault, shards }: PhaseEvidence, planned: Phase): string[] {
  if (planned.fault === undefined) return [];
  if (fault === undefined) return [`the broker was not taken away (${planned.fault})`];
  if (fault.kind !== planned.fault) return [`the fault was "${fault.kind}" in place of "${planned.fault}"`];
  const lengthMs = fault.toMs - fault.fromMs;
  const leastMs = awayMsMin(planned);
  if (!(lengthMs >= leastMs)) {
    return [`the broker was away for ${whole(lengthMs)} ms, at least ${whole(leastMs)} ms were wanted`];
  }
  return shards.flatMap(missesOf);
}

function missesOf({ shard, stretches }: ShardEvidence): string[] {
  const during = stretches?.find(({ name }) => name === 'during');
  if (during === undefined) return [`shard ${shard}: nothing was measured during the fault`];
  if (!(during.eventsOffered > 0)) return [`shard ${shard}: no events were offered during the fault`];
  if (during.eventsSent === 0) return [];
  return [`shard ${shard}: ${whole(during.eventsSent)} events arrived during the fault, so the broker was not away`];
}
