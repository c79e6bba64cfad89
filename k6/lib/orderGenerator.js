/** Sends the orders of a flow and tells what became of each. */
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { WORKLOAD } from '../../src/experiment/workload.ts';
import { classifyAnswer } from '../../src/load/classify-answer.ts';
import { orderAt } from '../../src/load/order-flow.ts';
import { plan, seed } from './config.js';

/** An order that has no answer by then never counts as accepted. */
const ANSWER_DEADLINE = '10s';
/** k6's own numbers for what went wrong without an answer begin at 1000. */
const PARAMETERS = {
  headers: { 'Content-Type': 'application/json' },
  tags: { name: 'POST /orders' },
  timeout: ANSWER_DEADLINE,
};

/** Milliseconds to the answer of an order that is priced to match at once. */
const matchLatency = new Trend('match_latency_ms', true);
/** Before the answer: of an iteration that is cut off, this is all that remains. */
const ordersSent = new Counter('orders_sent');
const fates = {
  accepted: new Counter('orders_accepted'),
  refused: new Counter('orders_refused'),
  unknown: new Counter('orders_unknown'),
};

/**
 * One iteration, one order: the one with the iteration's number in its flow.
 *
 * @param {import('../../src/experiment/cases.ts').Flow} flow
 * @param {{ ordersUrl: string, idPrefix: string }} to
 */
export function sendOrder(flow, { ordersUrl, idPrefix }) {
  const n = exec.scenario.iterationInTest;
  const order = orderAt({ flow, idPrefix, seed }, n);
  ordersSent.add(1);
  const sentAtMs = Date.now();
  const response = http.post(`${ordersUrl}/orders`, JSON.stringify(order), PARAMETERS);
  const { duration } = response.timings;
  if (order.price >= WORKLOAD.basePriceCents) matchLatency.add(duration);
  const fate =
    response.status === 0
      ? { kind: /** @type {const} */ ('unknown'), key: `k6 ${response.error_code}` }
      : classifyAnswer(response.status, String(response.body));
  fates[fate.kind].add(1);
  // A line an order, for mex: flow, number, start of the scenario and of the request, duration, fate.
  if (plan !== undefined)
    console.log(JSON.stringify([flow.name, n, exec.scenario.startTime, sentAtMs, duration, fate.kind, fate.key]));
}
