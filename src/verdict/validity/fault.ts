/** Was the broker really away, for as long as it should have been? A fault that did not take place proves nothing. */
import type { Phase } from '../../experiment/cases.ts';
import type { PhaseEvidence, ShardEvidence } from '../../experiment/evidence.ts';
import { faultWindow } from '../../experiment/fault-window.ts';
import { whole } from '../wording.ts';

/** Faults begin and end with the load's own progress, which is told once a second. */
const LENGTH_SHARE_MIN = 0.8;

export function faultMisses({ fault, shards }: PhaseEvidence, planned: Phase): string[] {
  if (planned.fault === undefined) return [];
  if (fault === undefined) return [`the broker was not taken away (${planned.fault})`];
  if (fault.kind !== planned.fault) return [`the fault was "${fault.kind}" in place of "${planned.fault}"`];
  const { fromMs, toMs } = faultWindow(planned);
  const lengthMs = fault.toMs - fault.fromMs;
  if (!(lengthMs >= LENGTH_SHARE_MIN * (toMs - fromMs))) {
    return [`the broker was away for ${whole(lengthMs)} ms of ${whole(toMs - fromMs)} ms`];
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
