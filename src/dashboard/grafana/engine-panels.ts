/** The panels of what the engines themselves tell, for the most part by way of the recording rules. */
import { CASES, type CaseId } from '../../experiment/cases.ts';
import { BUDGET_MS, GC_PAUSE_MS, P99_MS_MAX } from '../../experiment/criteria.ts';
import { BUCKETS, METRIC, STAGES, type Stage } from '../../protocol/metrics.ts';
import { LIMIT_COLOR, latencyAxis, QUANTILE_LOOKS, SHARD_LOOKS } from './series-looks.ts';
import { color, lineStyle, lineWidth, ownAxis, ownLines, type PanelPlan } from './time-series-panel.ts';

/** The shards that are chosen at the top of the dashboard. */
const CHOSEN = '{shard=~"$shard"}';
/** Shards that did nothing have no mean and no quantile: theirs is `NaN`, which is no point. */
const IF_THERE = '>= 0';

export const latencyPanel: PanelPlan = {
  title: 'Matching latency by shard',
  description:
    'From an order having been read to its result being on disk, over the last 30 s. ' +
    `Lines: the budget of ${BUDGET_MS.total} ms and the limit of ${P99_MS_MAX} ms, both for p99. ` +
    `Read from buckets that end at ${BUCKETS.match.map((seconds) => seconds * 1e3).join(', ')} ms: ` +
    'between two of them a value is interpolated, and none is above the last. ' +
    'The verdict takes finer buckets, over the exact window of a phase. No orders, no point.',
  axis: latencyAxis(Math.max(...BUCKETS.match)),
  lines: [
    { at: BUDGET_MS.total / 1e3, color: LIMIT_COLOR.warn },
    { at: P99_MS_MAX / 1e3, color: LIMIT_COLOR.fail },
  ],
  queries: ['p99', 'p95', 'p50'].map((quantile) => ({
    expr: `me:match_duration_${quantile}:30s${CHOSEN} ${IF_THERE}`,
    legend: `{{shard}} ${quantile}`,
  })),
  looks: [...SHARD_LOOKS, ...QUANTILE_LOOKS],
};

const oneShard = promisedMatchesPerMinute('a2');
const threeShards = promisedMatchesPerMinute('b2');

export const throughputPanel: PanelPlan = {
  title: 'Match throughput',
  description:
    'Fills a minute, over the last minute. Lines: what is promised of one shard and of three together, ' +
    `${oneShard.toLocaleString('en')} and ${threeShards.toLocaleString('en')} a minute. The total is that of all shards, ` +
    'whichever are chosen. It takes a minute of load until the window is full.',
  axis: { label: 'matches a minute', unit: 'suffix:/min', min: 0, softMax: threeShards * 1.1 },
  lines: [
    { at: oneShard, color: LIMIT_COLOR.reached },
    { at: threeShards, color: LIMIT_COLOR.reached },
  ],
  queries: [
    { expr: 'me:matches_per_minute:total', legend: 'all shards' },
    { expr: `me:matches_per_minute:by_shard${CHOSEN}`, legend: '{{shard}}' },
  ],
  looks: [...SHARD_LOOKS, { series: /^all shards$/, properties: [color('text'), lineWidth(2)] }],
};

/** The rule that records the mean of a part, and its color. */
const PARTS: Readonly<Record<Stage, [rule: string, color: string]>> = {
  validation: ['me:validation_avg_seconds', '#F0E442'],
  log: ['me:wal_append_avg_seconds', '#56B4E9'],
  insertion: ['me:orderbook_insertion_avg_seconds', '#CC79A7'],
  matching: ['me:matching_algorithm_avg_seconds', '#009E73'],
  publish: ['me:event_publish_avg_seconds', '#D55E00'],
};
const sumOverCount = (metric: string): string =>
  ['sum', 'count'].map((what) => `sum by (shard) (rate(${metric}_${what}${CHOSEN}[30s]))`).join(' / ');

export const budgetPanel: PanelPlan = {
  title: 'Latency budget by part',
  description:
    'Where the time of an order goes: means over the last 30 s, because means can be stacked and quantiles cannot; of ' +
    'several shards the mean of their means. The line is the whole. What it is above the stack, an order waited; it can ' +
    'be below, because an order is matched while the log is written, and insertion is the mean of those that rest. ' +
    `The budget is one of p99, and not to be read from here: ${STAGES.map((stage) => `${stage} ${BUDGET_MS.stages[stage]} ms`).join(', ')}, ` +
    `whole ${BUDGET_MS.total} ms.`,
  axis: { label: 'mean time of an order', unit: 's', min: 0 },
  stacked: true,
  queries: [
    ...STAGES.map((stage) => ({ expr: `avg(${PARTS[stage][0]}${CHOSEN} ${IF_THERE})`, legend: stage })),
    { expr: `avg(${sumOverCount(METRIC.matchDuration)} ${IF_THERE})`, legend: 'whole' },
  ],
  looks: [
    ...STAGES.map((stage) => ({ series: new RegExp(`^${stage}$`), properties: [color(PARTS[stage][1])] })),
    {
      series: /^whole$/,
      properties: [
        color('text'),
        lineWidth(2),
        { id: 'custom.fillOpacity', value: 0 },
        { id: 'custom.stacking', value: { mode: 'none', group: 'A' } },
      ],
    },
  ],
};

const gcLines = [
  { at: GC_PAUSE_MS.pass / 1e3, color: LIMIT_COLOR.warn },
  { at: GC_PAUSE_MS.fail / 1e3, color: LIMIT_COLOR.fail },
];
const gcAxis = { label: 'GC pause', unit: 's', min: 0, softMax: (GC_PAUSE_MS.fail / 1e3) * 1.2 };

export const saturationPanel: PanelPlan = {
  title: 'Saturation',
  description:
    'Of the chosen shards the one that is worst off, each quantity on an axis in its color. Ring: what waits in it over ' +
    'its size, at the moment of the scrape; full, it refuses orders. Depth: resting orders on both sides of all books ' +
    'of a shard. GC pause: the longest; each stays for up to two minutes, one in the engine and one in the rule. ' +
    `Lines: passed below ${GC_PAUSE_MS.pass} ms, failed from ${GC_PAUSE_MS.fail} ms on. Heap: what V8 has in use.`,
  axis: gcAxis,
  legend: 'bottom',
  queries: [
    { expr: `max(me:gc_pause_max:1m${CHOSEN})`, legend: 'longest GC pause' },
    { expr: `max(${METRIC.ringUtilization}${CHOSEN})`, legend: 'ring in use' },
    { expr: `max(sum by (shard) (${METRIC.bookDepth}${CHOSEN}))`, legend: 'book depth' },
    // Node's own metrics bear no shard: those of the processes that have a ring.
    {
      expr: `max(${METRIC.heapUsed} and on (job, instance) ${METRIC.ringUtilization}${CHOSEN})`,
      legend: 'heap in use',
    },
  ],
  looks: [
    { series: /./, properties: [{ id: 'custom.axisColorMode', value: 'series' }] },
    {
      series: /^longest GC pause$/,
      properties: [color('#D55E00'), lineWidth(2), ...ownAxis(gcAxis, 'left'), ...ownLines(gcLines)],
    },
    {
      series: /^ring in use$/,
      properties: [color('#009E73'), ...ownAxis({ label: 'ring', unit: 'percentunit', min: 0, max: 1 }, 'left')],
    },
    {
      series: /^book depth$/,
      properties: [
        color('#56B4E9'),
        lineStyle({ fill: 'dash', dash: [10, 6] }),
        ...ownAxis({ label: 'resting orders', unit: 'short', min: 0 }, 'right'),
      ],
    },
    {
      series: /^heap in use$/,
      properties: [color('#CC79A7'), ...ownAxis({ label: 'heap', unit: 'bytes', min: 0 }, 'right')],
    },
  ],
};

function promisedMatchesPerMinute(id: CaseId): number {
  const promised = CASES.find((one) => one.id === id)?.matchesPerMinute;
  if (promised === undefined) throw new Error(`case ${id} promises no matches a minute`);
  return promised;
}
