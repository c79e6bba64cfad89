/** What one shard said of itself before, during and after a fault. */
import type { Shard } from '../experiment/cases.ts';
import type { PhaseEvidence, StretchEvidence } from '../experiment/evidence.ts';
import { METRIC } from '../protocol/metrics.ts';
import type { MetricsSource, Sample } from '../telemetry/metrics-source.ts';
import { difference, type PhaseWindow } from './measure-shard.ts';

export async function measureStretches(
  source: MetricsSource,
  shard: Shard,
  window: PhaseWindow,
  fault: NonNullable<PhaseEvidence['fault']>,
): Promise<StretchEvidence[]> {
  const all = { fromMs: window.fromMs, toMs: window.restedMs };
  const of = (metric: string) => ({ target: `engine-${shard}`, metric, labels: {} });
  const duration = await source.histogram(of(METRIC.matchDurationFine), all);
  const offered = await source.samples(of(METRIC.eventsOffered), all);
  const sent = await source.samples(of(METRIC.eventsSent), all);
  const stretch = (name: StretchEvidence['name'], fromMs: number, toMs: number): StretchEvidence => {
    const [from, to] = [window.fromMs + fromMs, window.fromMs + toMs];
    const matchDuration = difference(duration, from, to);
    const [eventsOffered, eventsSent] = [gained(offered, from, to), gained(sent, from, to)];
    return { name, fromMs, toMs, matchDuration, eventsOffered, eventsSent };
  };
  const endMs = window.toMs - window.fromMs;
  return [
    stretch('before', 0, fault.askedMs ?? fault.fromMs),
    stretch('during', fault.fromMs, fault.toMs),
    stretch('after', fault.toMs, endMs),
  ];
}

/** From the first sample within to the last. */
function gained(samples: Sample[], fromMs: number, toMs: number): number {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return (within.at(-1)?.value ?? 0) - (within[0]?.value ?? 0);
}
