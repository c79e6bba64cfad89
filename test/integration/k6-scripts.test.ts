/** The scripts as k6 reads them, held against the table of the contract, which stands here once more on purpose. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';
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
      });
    }
    const names = measured.map(([name]) => name);
    for (const threshold of Object.keys(thresholds)) expect(names).toContain(/\{scenario:(.*)\}/.exec(threshold)?.[1]);
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

it('no number of a case stands in a script', () => {
  for (const { id, k6Script } of CASES) {
    const [, code = ''] = readFileSync(join(SCRIPTS, k6Script), 'utf8').split('*/');
    expect(code.replace(`'${id}'`, '')).not.toMatch(/\d/);
  }
});
