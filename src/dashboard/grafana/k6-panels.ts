/**
 * The panels of what k6 measured, from what it pushes by remote write while it runs the scripts in `k6/`:
 *
 *   K6_PROMETHEUS_RW_TREND_STATS='p(50),p(95),p(99),max,count' k6 run -o experimental-prometheus-rw k6/…
 *
 * Its counters are counters. Its trends are gauges: a statistic each, of one set of tags, since the start of the test, in
 * seconds whatever the name says. No statistic of two sets can be had from theirs; the largest is never too small.
 */
import { P99_MS_MAX } from '../../experiment/criteria.ts';
import { LIMIT_COLOR, latencyAxis, QUANTILE_LOOKS } from './series-looks.ts';
import { color, lineStyle, lineWidth, ownAxis, type PanelPlan } from './time-series-panel.ts';

/** What k6 is to push of each trend. Its default is p(99) alone. */
export const K6_TREND_STATS = 'p(50),p(95),p(99),max,count';
/** The measured orders, as the scripts name their requests; the rest of them seeds and replenishes the books. */
const ORDERS = 'name="POST /orders"';
const RATE_WINDOW = '[$__rate_interval]';
/** Zero where k6 pushes at all: it has no series of what never happened. */
const OR_NONE = 'or 0 * sum(k6_http_reqs_total)';
const NEEDS =
  `By remote write: \`K6_PROMETHEUS_RW_TREND_STATS='${K6_TREND_STATS}' k6 run -o experimental-prometheus-rw …\`, with a ` +
  'script of `k6/`. Without it there is no data; mex’s own generator pushes nothing.';
/** Where the scripts give an answer up, and with it the axis ends. */
const ANSWER_SECONDS_MAX = 10;

export const k6RatePanel: PanelPlan = {
  title: 'k6 request rate',
  description:
    'Requests a second. Orders are the measured ones, a line a scenario; the others keep the books as they were seeded. ' +
    'On the right axis, counted since the start of the test: iterations that k6 could not send when they were due ' +
    '(dropped: in no latency, so any of them flatters the latencies), and orders that were answered by 400 or above, or ' +
    `not at all (failed). ${NEEDS}`,
  axis: { label: 'requests a second', unit: 'reqps', min: 0 },
  queries: [
    { expr: `sum by (scenario) (rate(k6_http_reqs_total{${ORDERS}}${RATE_WINDOW}))`, legend: 'orders {{scenario}}' },
    {
      expr: `sum(rate(k6_http_reqs_total{${ORDERS.replace('=', '!=')}}${RATE_WINDOW}))`,
      legend: 'seeding, replenishing',
    },
    { expr: `sum(k6_dropped_iterations_total) ${OR_NONE}`, legend: 'dropped so far' },
    { expr: `sum(k6_http_reqs_total{${ORDERS},expected_response="false"}) ${OR_NONE}`, legend: 'failed so far' },
  ],
  looks: [
    { series: /^orders /, properties: [lineWidth(2)] },
    { series: /^seeding, /, properties: [color('text'), lineStyle({ fill: 'dot', dash: [0, 6] })] },
    { series: /^dropped /, properties: [color(LIMIT_COLOR.warn)] },
    { series: /^failed /, properties: [color(LIMIT_COLOR.fail)] },
    {
      series: / so far$/,
      properties: ownAxis({ label: 'since the start of the test', unit: 'short', min: 0, softMax: 10 }, 'right'),
    },
  ],
};

export const k6LatencyPanel: PanelPlan = {
  title: 'k6 end-to-end latency',
  description:
    'From k6 having sent an order to its answer, of all orders and of those that were priced to match at once. **Each ' +
    'point is the statistic of everything since the start of the test**, not of a window: it moves less and less, and a ' +
    'peak that p99 has forgotten stays in max. It counts from when k6 sent, not from when the order was due. Of answers ' +
    'with several statuses the slowest line is drawn, which is never below the truth. After the test the last value ' +
    `stays for five minutes. Line: the limit of ${P99_MS_MAX} ms for p99. The verdict is in k6’s own summary and in ` +
    `\`mex results\`. ${NEEDS}`,
  axis: latencyAxis(ANSWER_SECONDS_MAX),
  lines: [{ at: P99_MS_MAX / 1e3, color: LIMIT_COLOR.fail }],
  queries: [
    ...['p99', 'p95', 'p50', 'max'].map((statistic) => ({
      expr: `max by (scenario) (k6_http_req_duration_${statistic}{${ORDERS}})`,
      legend: `{{scenario}} ${statistic}`,
    })),
    { expr: 'max by (scenario) (k6_match_latency_ms_p99)', legend: '{{scenario}}, matching, p99' },
  ],
  looks: [...QUANTILE_LOOKS, { series: / max$/, properties: [color('text')] }],
};
