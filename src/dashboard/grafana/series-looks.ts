/** What looks the same in every panel: a shard, a quantile, a limit, an axis of latencies. */
import { SHARD_IDS, type ShardId } from '../../protocol/shards.ts';
import { type Axis, color, type Look, lineStyle, lineWidth } from './time-series-panel.ts';

/** Of lines and counts: beyond is a warning, beyond fails, from here on it is reached. No series has them. */
export const LIMIT_COLOR = { warn: 'yellow', fail: 'red', reached: 'green' } as const;

/** Apart for the color-blind too. */
const SHARD_COLOR: Readonly<Record<ShardId, string>> = { a: 'blue', b: 'orange', c: 'purple' };

/** Of series that are named after a shard, whatever follows. */
export const SHARD_LOOKS: readonly Look[] = SHARD_IDS.map((shard) => ({
  series: new RegExp(`^${shard}( |$)`),
  properties: [color(SHARD_COLOR[shard])],
}));

/** Of series whose name ends with a quantile: the one that is judged stands out. */
export const QUANTILE_LOOKS: readonly Look[] = [
  { series: / p99$/, properties: [lineWidth(2)] },
  { series: / p95$/, properties: [lineStyle({ fill: 'dash', dash: [10, 6] })] },
  { series: / p50$/, properties: [lineStyle({ fill: 'dot', dash: [0, 6] })] },
];

/** Logarithmic and always the same, so that the limit is seen above latencies of a fiftieth of it. */
export function latencyAxis(max: number): Axis {
  return { label: 'latency (logarithmic)', unit: 's', logarithmic: true, min: 0.0001, max };
}
