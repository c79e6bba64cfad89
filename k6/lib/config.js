/**
 * What every script shares: its case as k6's options, and where its orders go. The numbers come from
 * `src/experiment/cases.ts`, which feeds mex's own generator too.
 *
 *   ME_SHARD_A_URL, ME_SHARD_B_URL, ME_SHARD_C_URL   the shards; ASR 1 sends to shard a    http://127.0.0.1:8080
 *   GATEWAY_URL                                      ASR 2 sends there                      http://127.0.0.1:8080
 *   SEED, TIME_SCALE, RUN_ID                         of the workload; times every duration; part of every order id, new
 *                                                    for each run: the engine refuses an id that it has seen
 *   ADMIN_TOKEN                                      of engines that ask for one, when books are emptied and seeded
 *   PLAN                                             a file of mex's: one phase, its books seeded already
 */
import { CASES, phaseDurationMs } from '../../src/experiment/cases.ts';
import { ERROR_SHARE_MAX, P99_MS_MAX } from '../../src/experiment/criteria.ts';
import { scaleCase } from '../../src/experiment/scale-case.ts';
import { scenarioName } from '../../src/load/k6/scenario-name.ts';

const LOOPBACK = 'http://127.0.0.1:8080';
/** The last answers of a phase come in, and the books of the next are seeded. */
const BETWEEN_PHASES_MS = 20_000;
/** Longer than an answer may take: an iteration that k6 cuts off would be missing among the slow ones. */
const LAST_ANSWERS = '11s';
/** From the end of one phase, to when the books of the next are emptied. */
const PREPARE_AFTER_MS = 12_000;
const TREND_STATS = ['avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count'];
const SYSTEM_TAGS = ['scenario', 'status', 'method', 'name', 'expected_response', 'error_code'];

/** @type {import('../../src/load/load-plan.ts').LoadPlan | undefined} */
export const plan = __ENV.PLAN ? JSON.parse(open(__ENV.PLAN)) : undefined;
export const seed = plan?.seed ?? numberOf('SEED', 1, { test: Number.isInteger, words: 'a whole number' });
/** @type {Record<'a' | 'b' | 'c', string | undefined>} */
const SHARD_URLS = { a: __ENV.ME_SHARD_A_URL, b: __ENV.ME_SHARD_B_URL, c: __ENV.ME_SHARD_C_URL };

/**
 * A case as it runs here: its phases, one after the other, each with its scenarios.
 *
 * @param {import('../../src/experiment/cases.ts').CaseId} id
 */
export function experimentOf(id) {
  const original = CASES.find((one) => one.id === id);
  if (original === undefined) throw new Error(`no case ${id}`);
  const scaled = scaleCase(original, numberOf('TIME_SCALE', 1, SCALE));
  const experiment = { ...scaled, phases: plan === undefined ? scaled.phases : [plan.phase] };
  const ordersUrl = plan?.ordersUrl ?? urlOf(experiment.via);
  const resetUrls = experiment.via === 'gateway' ? SHARD_URLS : { ...SHARD_URLS, a: ordersUrl };
  return { experiment, ordersUrl, resetUrls, options: optionsOf(experiment) };
}

const SCALE = { test: (/** @type {number} */ value) => value > 0 && value <= 1, words: 'above 0 and up to 1' };

/** A number of the environment; what is there and wrong is refused.
 * @param {string} name @param {number} byDefault @param {{ test(value: number): boolean, words: string }} allowed */
export function numberOf(name, byDefault, { test, words }) {
  const value = Number(__ENV[name] || byDefault);
  if (test(value)) return value;
  throw new Error(`${name}=${__ENV[name]}: allowed is ${words}`);
}

/** Part of every order id: when the run began, and four characters against another one of that millisecond. */
export function newRunId() {
  const tail = Math.floor(Math.random() * 36 ** 4).toString(36);
  return `${Date.now().toString(36)}${tail.padStart(4, '0')}`;
}

/** @param {'shard' | 'gateway'} via */
export function urlOf(via) {
  return (via === 'gateway' ? __ENV.GATEWAY_URL : SHARD_URLS.a) || LOOPBACK;
}

/** @param {import('../../src/experiment/cases.ts').Case} experiment */
function optionsOf(experiment) {
  /** @type {Record<string, import('k6/options').Scenario>} */
  const scenarios = {};
  /** @type {Record<string, string[]>} */
  const thresholds = {};
  let startMs = 0;
  experiment.phases.forEach((phase, index) => {
    if (index > 0) {
      const name = scenarioName(phase.name, 'prepare');
      scenarios[name] = prepareScenario(index, startMs);
      // One that takes too long is cut off, and the orders would meet half a book.
      thresholds[`iterations{scenario:${name}}`] = ['count==1'];
    }
    startMs += index === 0 ? 0 : BETWEEN_PHASES_MS;
    for (const flow of phase.flows) {
      const name = scenarioName(phase.name, flow.name);
      scenarios[name] = orderScenario(experiment, index, { flow, startMs });
      Object.assign(thresholds, thresholdsOf(name));
    }
    scenarios[scenarioName(phase.name, 'replenish')] = replenishScenario(phase, index, startMs);
    startMs += phaseDurationMs(phase);
  });
  return { scenarios, thresholds, summaryTrendStats: TREND_STATS, systemTags: SYSTEM_TAGS, setupTimeout: '2m' };
}

/** The limits of the contract, of the measured orders alone: replenishing is none of it.
 * @param {string} scenario */
function thresholdsOf(scenario) {
  const p99 = `p(99)<${P99_MS_MAX}`;
  return {
    [`http_req_duration{scenario:${scenario}}`]: [p99],
    [`match_latency_ms{scenario:${scenario}}`]: [p99],
    [`http_req_failed{scenario:${scenario}}`]: [`rate<${ERROR_SHARE_MAX}`],
    // A metric without a sample meets every limit: where every iteration throws, this is what fails.
    [`orders_accepted{scenario:${scenario}}`]: ['count>0'],
    // Only so that k6's summary has them.
    [`iterations{scenario:${scenario}}`]: ['count>=0'],
    [`dropped_iterations{scenario:${scenario}}`]: ['count>=0'],
  };
}

/**
 * @param {import('../../src/experiment/cases.ts').Case} experiment
 * @param {number} phaseIndex
 * @param {{ flow: import('../../src/experiment/cases.ts').Flow, startMs: number }} load
 * @returns {import('k6/options').Scenario}
 */
function orderScenario({ vus, vusMax }, phaseIndex, { flow, startMs }) {
  const silentMs = silenceMs(flow);
  const stages = flow.stages.filter((stage) => !isSilent(stage));
  const common = {
    exec: 'orders',
    env: { PHASE: String(phaseIndex), FLOW: flow.name },
    startTime: milliseconds(startMs + silentMs),
    preAllocatedVUs: vus,
    maxVUs: vusMax,
    gracefulStop: LAST_ANSWERS,
  };
  const [first] = stages;
  if (first === undefined) throw new Error(`flow ${flow.name} has no orders`);
  if (
    stages.every((stage) => stage.fromPerSecond === first.fromPerSecond && stage.toPerSecond === first.fromPerSecond)
  ) {
    const durationMs = stages.reduce((sum, stage) => sum + stage.durationMs, 0);
    return {
      ...common,
      executor: 'constant-arrival-rate',
      ...rateOf(first.fromPerSecond),
      duration: milliseconds(durationMs),
    };
  }
  return {
    ...common,
    executor: 'ramping-arrival-rate',
    startRate: first.fromPerSecond,
    timeUnit: '1s',
    stages: stages.map(({ durationMs, toPerSecond }) => ({ duration: milliseconds(durationMs), target: toPerSecond })),
  };
}

/** k6 takes whole rates only. @param {number} perSecond */
function rateOf(perSecond) {
  if (Number.isInteger(perSecond)) return { rate: perSecond, timeUnit: '1s' };
  return { rate: Math.round(perSecond * 60), timeUnit: '1m' };
}

/**
 * @param {import('../../src/experiment/cases.ts').Phase} phase
 * @param {number} phaseIndex
 * @param {number} startMs
 * @returns {import('k6/options').Scenario}
 */
function replenishScenario(phase, phaseIndex, startMs) {
  return {
    executor: 'constant-vus',
    exec: 'replenish',
    env: { PHASE: String(phaseIndex) },
    vus: 1,
    startTime: milliseconds(startMs),
    duration: milliseconds(phaseDurationMs(phase)),
    gracefulStop: '4s',
  };
}

/** @param {number} phaseIndex @param {number} endedMs @returns {import('k6/options').Scenario} */
function prepareScenario(phaseIndex, endedMs) {
  return {
    executor: 'per-vu-iterations',
    exec: 'prepare',
    env: { PHASE: String(phaseIndex) },
    vus: 1,
    iterations: 1,
    startTime: milliseconds(endedMs + PREPARE_AFTER_MS),
    maxDuration: milliseconds(BETWEEN_PHASES_MS - PREPARE_AFTER_MS),
    gracefulStop: '0s',
  };
}

/** How long a flow sends nothing at first. @param {import('../../src/experiment/cases.ts').Flow} flow */
export function silenceMs({ stages }) {
  let silentMs = 0;
  for (const stage of stages) {
    if (!isSilent(stage)) break;
    silentMs += stage.durationMs;
  }
  return silentMs;
}

/** @param {import('../../src/experiment/cases.ts').ArrivalStage} stage */
function isSilent({ fromPerSecond, toPerSecond }) {
  return fromPerSecond === 0 && toPerSecond === 0;
}

/** @param {number} duration */
function milliseconds(duration) {
  return `${duration}ms`;
}
