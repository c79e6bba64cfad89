/** The scripts as k6 reads them, held against the table of the contract, which stands here once more on purpose. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CASES, phaseDurationMs } from '../../src/experiment/cases.ts';
import { ERROR_SHARE_MAX, P99_MS_MAX } from '../../src/experiment/criteria.ts';
import { WORKLOAD } from '../../src/experiment/workload.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../k6');
const missing = skipped(noK6 !== undefined, 'the k6 scripts', `${noK6}`);

interface Scenario {
  executor: string;
  exec: string;
  startTime: string;
  duration?: string;
  rate?: number;
  timeUnit?: string;
  startRate?: number;
  stages?: { duration: string; target: number }[];
  preAllocatedVUs?: number;
  maxVUs?: number;
}
interface Options {
  scenarios: Record<string, Scenario>;
  thresholds: Record<string, string[]>;
}

function inspect(script: string, environment: Record<string, string> = {}): Options {
  const env = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return JSON.parse(execFileSync(K6, ['inspect', ...env, join(SCRIPTS, script)], { encoding: 'utf8' }));
}

const constant = (rate: number, timeUnit: string, duration: string, [preAllocatedVUs, maxVUs]: [number, number]) => ({
  executor: 'constant-arrival-rate',
  ...{ rate, timeUnit, duration, preAllocatedVUs, maxVUs },
});

describe.skipIf(missing)('the scripts', () => {
  it.each<[string, object[]]>([
    ['test-asr1-a1-warmup.js', [constant(500, '1m0s', '2m0s', [20, 50])]],
    ['test-asr1-a2-normal-load.js', [constant(17, '1s', '5m0s', [30, 60])]],
    ['test-asr1-a3-depth-variation.js', [1, 2, 3].map(() => constant(17, '1s', '3m0s', [30, 60]))],
    ['test-asr1-a4-kafka-degradation.js', [1, 2].map(() => constant(17, '1s', '3m0s', [30, 60]))],
    ['test-asr2-b1-baseline.js', [constant(17, '1s', '3m0s', [30, 60])]],
    ['test-asr2-b2-peak-sustained.js', [constant(84, '1s', '5m0s', [100, 200])]],
    [
      'test-asr2-b3-ramp.js',
      [
        {
          executor: 'ramping-arrival-rate',
          startRate: 17,
          timeUnit: '1s',
          stages: [
            { duration: '2m0s', target: 17 },
            { duration: '2m0s', target: 42 },
            { duration: '2m0s', target: 84 },
            { duration: '4m0s', target: 84 },
          ],
          preAllocatedVUs: 150,
          maxVUs: 300,
        },
      ],
    ],
    ['test-asr2-b4-hot-symbol.js', [constant(84, '1s', '5m0s', [100, 200])]],
    ['test-asr2-b5-isolation.js', [constant(17, '1s', '6m0s', [100, 200]), constant(67, '1s', '3m0s', [100, 200])]],
    ['test-asr2-b6-burst.js', [constant(84, '1s', '30m0s', [100, 200])]],
  ])('%s sends what the contract says, with its limits on that alone', (script, wanted) => {
    const { scenarios, thresholds } = inspect(script);
    const measured = Object.entries(scenarios)
      .filter(([, { exec }]) => exec === 'orders')
      .sort(([, left], [, right]) => (left.rate ?? 0) - (right.rate ?? 0));
    expect(measured.map(([, scenario]) => scenario)).toMatchObject(wanted);
    for (const [name] of measured) {
      expect(thresholds).toMatchObject({
        [`http_req_duration{scenario:${name}}`]: ['p(99)<200'],
        [`match_latency_ms{scenario:${name}}`]: ['p(99)<200'],
        [`http_req_failed{scenario:${name}}`]: ['rate<0.01'],
        [`orders_accepted{scenario:${name}}`]: ['count>0'],
      });
    }
    const names = measured.map(([name]) => name);
    for (const [threshold, limits] of Object.entries(thresholds)) {
      const [, scenario = ''] = /\{scenario:(.*)\}/.exec(threshold) ?? [];
      // Books that were not made in time end the run: that is no limit of what is measured.
      if (scenario.endsWith('_prepare'))
        expect([threshold, limits]).toEqual([`iterations{scenario:${scenario}}`, ['count==1']]);
      else expect(names).toContain(scenario);
    }
    const replenished = Object.values(scenarios).filter(({ exec }) => exec === 'replenish');
    expect(replenished).toHaveLength(CASES.find(({ k6Script }) => k6Script === script)?.phases.length ?? 0);
  });

  it('starts the rising load half-way, and the phases one after the other', () => {
    const { scenarios } = inspect('test-asr2-b5-isolation.js');
    expect(scenarios.isolation_rising?.startTime).toBe('3m0s');
    expect(inspect('test-asr1-a3-depth-variation.js').scenarios).toMatchObject({
      shallow_orders: { startTime: '0s' },
      normal_prepare: { startTime: '3m12s' },
      normal_orders: { startTime: '3m20s' },
      deep_orders: { startTime: '6m40s' },
    });
  });

  it('shortens every duration alike', () => {
    const { scenarios } = inspect('test-asr1-a2-normal-load.js', { TIME_SCALE: '0.1' });
    expect(scenarios.steady_orders).toMatchObject({ rate: 17, duration: '30s' });
  });
});

it('there is a script for each case, and none for a case that is not', () => {
  const scripts = readdirSync(SCRIPTS).filter((name) => name.startsWith('test-'));
  expect(scripts.sort()).toEqual(CASES.map(({ k6Script }) => k6Script).sort());
});

/** The numbers of the contract, but for those that anything may be: of rates, virtual users, books, prices and limits. */
function numbersOfTheContract(): Set<number> {
  const shapes = CASES.flatMap(({ phases }) =>
    phases.flatMap(({ seed, seedOf = {} }) => [seed, ...Object.values(seedOf)]),
  );
  const flows = CASES.flatMap(({ phases }) => phases.flatMap((phase) => phase.flows));
  const numbers = [
    ...CASES.flatMap(({ vus, vusMax, matchesPerMinute = 0 }) => [vus, vusMax, matchesPerMinute]),
    ...CASES.flatMap(({ phases }) =>
      phases.flatMap((phase) => [phaseDurationMs(phase), phaseDurationMs(phase) / 1_000]),
    ),
    ...flows.flatMap(({ stages, hot }) => [
      ...stages.flatMap(({ fromPerSecond, toPerSecond }) => [
        fromPerSecond,
        toPerSecond,
        Math.round(fromPerSecond * 60),
      ]),
      ...(hot === undefined ? [] : [hot.share]),
    ]),
    ...shapes.flatMap(({ ordersPerSymbol, levels }) => [ordersPerSymbol, levels]),
    ...Object.values(WORKLOAD),
    ...[P99_MS_MAX, ERROR_SHARE_MAX],
  ];
  return new Set(numbers.filter((number) => ![0, 1, 10, 60].includes(number)));
}

const FILES = readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
/** HTTP's own. */
const OK_STATUS = 200;

it.each(FILES)('no number of a case, a book, a price or a limit stands in %s', (name) => {
  const text = readFileSync(join(SCRIPTS, name), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(`status === ${OK_STATUS}`, '');
  const literals = [...code.matchAll(/(?<![\w.-])\d[\d_]*(?:\.\d+)?/g)].map(([literal]) =>
    Number(literal.replaceAll('_', '')),
  );
  const known = numbersOfTheContract();
  expect(known.size).toBeGreaterThan(20);
  expect(literals.filter((literal) => known.has(literal))).toEqual([]);
});

describe.skipIf(missing)('k6 inspect takes', () => {
  it.each(FILES.filter((name) => !name.startsWith('lib/')))('%s, and says what it would need', (name) => {
    const needed = JSON.parse(
      execFileSync(K6, ['inspect', '--execution-requirements', join(SCRIPTS, name)], { encoding: 'utf8' }),
    );
    const experiment = CASES.find(({ k6Script }) => k6Script === name);
    const seconds = experiment?.phases.reduce((sum, phase) => sum + phaseDurationMs(phase) / 1_000, 0) ?? 0;
    expect(secondsOf(needed.totalDuration)).toBeGreaterThanOrEqual(seconds);
    expect(needed.maxVUs).toBeGreaterThanOrEqual(experiment?.vusMax ?? 1);
  });
});

/** As k6 writes it: `1h5m11s`. */
function secondsOf(duration: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(duration) ?? [];
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}
