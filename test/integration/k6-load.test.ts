/** k6 itself, as the driver runs it, against a tiny engine over real HTTP. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Phase } from '../../src/experiment/cases.ts';
import { EmbeddedDriver } from '../../src/load/embedded/embedded-driver.ts';
import { K6Driver } from '../../src/load/k6/k6-driver.ts';
import type { LoadPlan } from '../../src/load/load-driver.ts';
import type { WireOrder } from '../../src/load/order-flow.ts';
import { FakeEngine } from '../fixtures/load/fake-engine.ts';
import { K6, noK6 } from '../real-k6.ts';
import { skipped } from '../skipped.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../k6');
const missing = skipped(noK6 !== undefined, 'load sent by k6 to a tiny engine', `${noK6}`);
const never = new AbortController().signal;

let engine: FakeEngine;
let url: string;
let folder: string;
beforeEach(async () => {
  engine = new FakeEngine();
  url = await engine.start();
  folder = mkdtempSync(join(tmpdir(), 'mex-k6-load-'));
});
afterEach(() => {
  engine.stop();
  rmSync(folder, { recursive: true });
});

/** As they were due: one that is late may be overtaken. */
const inOrder = (orders: WireOrder[]) => orders.toSorted((left, right) => named(left).n - named(right).n);

/** Without what differs from run to run. */
const named = ({ orderId, ...order }: WireOrder) => ({ ...order, n: Number(orderId.split('-').at(-1)) });

const phase: Phase = {
  name: 'steady',
  flows: [{ name: 'orders', shards: ['a'], stages: [{ durationMs: 2_000, fromPerSecond: 30, toPerSecond: 30 }] }],
  seed: { ordersPerSymbol: 50, levels: 5 },
};
const planOf = (changes: Partial<LoadPlan> = {}): LoadPlan => ({
  ...{ idPrefix: 'run-1', k6Script: 'test-asr1-a2-normal-load.js', phase, seed: 7, vusMax: 60, ordersUrl: url },
  ...{ seedUrls: { a: `${url}/seed/a` }, rawFlows: [], logs: { folder, name: 'a2-steady-r1' } },
  ...changes,
});

/** A script as a person may have broken it: what is exported last wins over what it takes from its case. */
function scriptOf(code: string): LoadPlan['k6Script'] {
  const runCase = `import { runCase } from '${join(SCRIPTS, 'lib/run-case.js')}';`;
  writeFileSync(join(folder, 'script.js'), `${runCase}\nimport exec from 'k6/execution';\n${code}\n`);
  return 'script.js';
}
const CASE = `const one = runCase('a2');\nexport const { options, prepare, replenish, handleSummary } = one;`;

describe.skipIf(missing)('as a driver', () => {
  it("sends the same orders as mex's own generator", async () => {
    await new EmbeddedDriver().run(planOf(), () => undefined, never);
    const ofGenerator = inOrder(engine.orders.splice(0)).map(named);
    const { evidence, brokenOff } = await new K6Driver({ k6: K6 }).run(planOf(), () => undefined, never);
    expect(brokenOff).toBeUndefined();
    expect(evidence).toMatchObject({ scheduled: 60, dropped: 0, refused: 0, unknown: 0 });
    expect(inOrder(engine.orders).map(named).slice(0, 60)).toEqual(ofGenerator);
    expect(evidence.sent).toBe(engine.orders.length);
    expect(readdirSync(folder).sort()).toEqual(['k6-a2-steady-r1.log', 'k6-a2-steady-r1.summary.json']);
  });

  it('tells also of the orders that get no answer: none is missing among the slow ones', async () => {
    engine.answerTo = (_order, index) => (index >= 30 ? new Promise(() => undefined) : undefined);
    const { evidence, brokenOff } = await new K6Driver({ k6: K6 }).run(planOf(), () => undefined, never);
    expect(brokenOff).toBeUndefined();
    expect(evidence.accepted).toBe(30);
    expect(evidence.sent).toBe(engine.orders.length);
    expect(evidence.unknown).toBe(evidence.sent - 30);
  });

  it('counts what it could not send, and says that due times are less certain behind it', async () => {
    engine.answerTo = () => new Promise((answer) => setTimeout(() => answer(undefined), 1_000));
    const script = scriptOf(
      `${CASE}\nexport const { setup, orders } = one;\nfor (const name in options.scenarios) if (options.scenarios[name].maxVUs) Object.assign(options.scenarios[name], { preAllocatedVUs: 5, maxVUs: 5 });`,
    );
    const { evidence } = await new K6Driver({ k6: K6, scripts: folder }).run(
      planOf({ k6Script: script }),
      () => undefined,
      never,
    );
    expect(evidence.dropped).toBeGreaterThan(40);
    expect(evidence.sent + evidence.dropped).toBeGreaterThanOrEqual(60);
    expect(evidence.notes).toEqual([
      expect.stringMatching(/^k6 dropped \d+ orders of flow orders/),
      expect.stringMatching(/^k6 said once: Insufficient VUs/),
    ]);
  });

  it.each([
    [
      'a syntax error',
      'export const = 1;',
      /^k6 sent nothing: k6 ended with 107: its script threw an exception: .*script/,
    ],
    [
      'a setup that throws',
      `${CASE}\nexport const { orders } = one;\nexport function setup() { throw new Error('boom'); }`,
      /^k6 sent nothing: k6 ended with 107: its script threw an exception: .*boom/,
    ],
    [
      'iterations that all throw',
      `${CASE}\nexport const { setup } = one;\nexport function orders() { throw new Error('boom'); }`,
      /^k6 sent nothing: k6 counted 6[01] iterations, and its script told of 0 orders: Error: boom/,
    ],
    [
      'an executor that k6 does not know',
      `${CASE}\nexport const { setup, orders } = one;\nfor (const name in options.scenarios) options.scenarios[name].executor = 'none';`,
      /^k6 sent nothing: k6 ended with 104: its options are not valid/,
    ],
  ])('is an error at %s, with the reason, and keeps what k6 said', async (_what, code, message) => {
    const driver = new K6Driver({ k6: K6, scripts: folder });
    const plan = planOf({ k6Script: scriptOf(code) });
    await expect(driver.run(plan, () => undefined, never)).rejects.toMatchObject({
      ...{ code: 'K6_FAILED', exit: 5 },
      message: expect.stringMatching(message),
    });
    expect(readFileSync(join(folder, 'k6-a2-steady-r1.log'), 'utf8')).toMatch(/"level":"error"/);
  });

  it('is an error at a script that is not there', async () => {
    const driver = new K6Driver({ k6: K6, scripts: folder });
    await expect(driver.run(planOf(), () => undefined, never)).rejects.toMatchObject({
      message: expect.stringMatching(/^k6 sent nothing: k6 ended with 255: its command line is not valid: .*test-asr1/),
    });
  });

  it('does not count a load of which some iterations threw, though k6 ends with 0', async () => {
    const code = `${CASE}\nexport const { setup } = one;
export function orders(data) { if (exec.scenario.iterationInTest % 3 === 2) throw new Error('boom'); one.orders(data); }`;
    const driver = new K6Driver({ k6: K6, scripts: folder });
    const { evidence, brokenOff } = await driver.run(planOf({ k6Script: scriptOf(code) }), () => undefined, never);
    expect(brokenOff).toMatch(/^k6 counted 6[01] iterations, and its script told of 4\d orders: Error: boom/);
    expect(evidence.accepted).toBe(engine.orders.length);
    expect(readFileSync(join(folder, 'k6-a2-steady-r1.log'), 'utf8')).toContain('mex: k6 ended with 0');
  });
});
