/** The whole experiment, shortened: every case, every criterion, one document. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusConfig } from '../../src/targets/prometheus-config.ts';
import { type Ended, processesOf, runMex } from '../mex-process.ts';
import { K6, noK6 } from '../real-k6.ts';
import { PROMETHEUS, startPrometheus } from '../real-prometheus.ts';
import { skipped } from '../skipped.ts';

interface Told {
  runId: string;
  indicative: boolean;
  asrs: { asr: string; verdict: string; because: string; criteria: { id: string; verdict: string; found: string }[] }[];
  cases: { caseId: string; verdict: string; checks: { rule: string; ok: boolean; found: string }[] }[];
}

let cwd: string;
let ended: Ended;
let told: Told;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-run-all-'));
  await watch();
  ended = await runMex(['run-all', '--quick', '--repeat', '1', '--json'], cwd);
  told = JSON.parse(ended.stdout);
});
afterAll(async () => {
  for (const end of ends) await end();
  rmSync(cwd, { recursive: true, force: true });
});

const ends: (() => Promise<void>)[] = [];
const watching = new Map<string, string>();

/** Each version of Prometheus that is there scrapes what mex deploys, by the file that mex keeps; mex knows nothing of it. */
async function watch(): Promise<void> {
  const targetsFile = join(cwd, '.mex/prometheus/targets.json');
  for (const which of PROMETHEUS.filter(({ missing }) => missing === undefined)) {
    const config = prometheusConfig({ kind: 'local', targetsFile }, RULES);
    watching.set(which.name, (await startPrometheus(which, config, (end) => ends.push(end))).url);
  }
}

const RULES = resolve(import.meta.dirname, '../../manifests/prometheus/recording-rules.yml');

/** On a crowded machine a generator may be late: such a case is INVALID, rightly, and shows no more than that. */
const crowded = (rule: string): boolean => rule === 'generator' || rule === 'machine';

describe('mex run-all --quick', () => {
  it('judges ASR 1 with everything that it rests on', () => {
    const asr1 = told.asrs.find(({ asr }) => asr === 'asr1');
    const failed = told.asrs.some(({ criteria }) => criteria.some(({ verdict }) => verdict === 'FAIL'));
    expect(ended.exit).toBe(failed ? 3 : 4);
    const verdicts = asr1?.criteria.map(({ verdict }) => verdict) ?? [];
    expect(verdicts).not.toContain('NOT RUN');
    if (verdicts.every((verdict) => verdict === 'PASS')) expect(asr1?.verdict).toBe('PASS');
  });

  it('runs every case, and each counts', () => {
    const missed = told.cases.flatMap(({ caseId, checks }) =>
      checks.filter(({ ok, rule }) => !ok && !crowded(rule)).map((check) => ({ caseId, ...check })),
    );
    expect(missed).toEqual([]);
    expect(told.cases.filter(({ checks }) => checks.length > 0).map(({ caseId }) => caseId)).toEqual([
      'a1',
      'a2',
      'a3',
      'a4',
      'b1',
      'b2',
      'b3',
      'b4',
      'b5',
    ]);
  });

  it('judges every other criterion, with a figure', () => {
    const criteria = told.asrs.flatMap((asr) => asr.criteria);
    const notRun = criteria.filter(({ verdict }) => verdict === 'NOT RUN').map(({ id }) => id);
    const invalid = told.cases.some(({ verdict }) => verdict === 'INVALID');
    if (!invalid) expect(notRun).toEqual(['continuity']);
    // What is counted must hold anywhere; what is timed is this machine's to show.
    const counted = criteria.filter(({ id }) => ['errors', 'throughput', 'scaling'].includes(id));
    expect(counted.filter(({ verdict }) => verdict === 'FAIL')).toEqual([]);
  });

  it('says in every output that it is indicative only', () => {
    const folder = join(cwd, 'results', told.runId);
    expect(told.indicative).toBe(true);
    for (const name of ['summary.md', 'junit.xml', 'run.json']) {
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/INDICATIVE|"indicative":true/);
    }
  });

  it('leaves a whole run behind', () => {
    const names = readdirSync(join(cwd, 'results', told.runId));
    expect(names).toEqual(
      expect.arrayContaining(['run.json', 'summary.md', 'junit.xml', 'metrics.jsonl', 'latency-a2.hgrm', 'logs']),
    );
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves nothing running, nothing of its own beside the results, and says nothing else', () => {
    expect(process.platform === 'linux' ? processesOf(cwd) : []).toEqual([]);
    expect(readdirSync(cwd)).toEqual(['results']);
    expect(ended.stderr).toBe('');
  });

  it('can be judged again, in every format, with the same end', async () => {
    for (const format of ['table', 'json', 'md', 'junit']) {
      const again = await runMex(['results', told.runId, '--format', format], cwd);
      expect({ format, exit: again.exit, stderr: again.stderr }).toEqual({ format, exit: ended.exit, stderr: '' });
      expect(again.stdout).toContain('INDICATIVE');
    }
  });

  it.each(PROMETHEUS)('is judged the same by what $name saw of it', async ({ name, missing }) => {
    const url = watching.get(name);
    if (skipped(url === undefined, `run-all measured by ${name}`, `${missing}`)) return;
    const again = await runMex(['results', told.runId, '--prometheus', `${url}`, '--json'], cwd);
    const theirs = JSON.parse(again.stdout) as Told;
    // It finds what was just deployed up to 5 s late, and may have missed the start of the case behind a deploy.
    const late = ['a1', 'b1'].filter((id) =>
      theirs.cases.some(({ caseId, checks }) => caseId === id && !seenWhole(checks)),
    );
    const restsOn = [...late.map((id) => `${id} `), ...late.map((id) => `${id}:`)];
    if (late.includes('b1')) restsOn.push('asr2 scaling', 'asr2:');
    const compared = (one: Told) => verdictsOf(one).filter((line) => !restsOn.some((start) => line.startsWith(start)));
    expect(compared(theirs)).toEqual(compared(told));
    expect(compared(theirs).length).toBeGreaterThan(60);
  });
});

const noTools = noK6 ?? PROMETHEUS.map(({ missing }) => missing).find((missing) => missing !== undefined);
const missing = skipped(noTools !== undefined, 'run-all with k6 and Prometheus', `${noTools}`);

describe.skipIf(missing)('mex run-all --quick --driver k6, with Prometheus', () => {
  let byK6: Ended;
  let toldOfK6: Told & { config: { driver: string; metrics: string } };
  beforeAll(async () => {
    const programs = mkdtempSync(join(tmpdir(), 'mex-programs-'));
    ends.push(async () => rmSync(programs, { recursive: true, force: true }));
    symlinkSync(K6, join(programs, 'k6'));
    const [, newest] = PROMETHEUS;
    symlinkSync(newest?.program ?? '', join(programs, 'prometheus'));
    const PATH = `${programs}${delimiter}${process.env.PATH}`;
    byK6 = await runMex(['run-all', '--quick', '--repeat', '1', '--driver', 'k6', '--json'], cwd, { PATH });
    toldOfK6 = JSON.parse(byK6.stdout);
  });

  it('sends by k6 and measures by Prometheus', () => {
    expect(toldOfK6.config).toMatchObject({ driver: 'k6', metrics: expect.stringMatching(/^prometheus 3\.\d/) });
    expect(byK6.stderr).toBe('');
  });

  it('counts in every case', () => {
    const missed = toldOfK6.cases.flatMap(({ caseId, checks }) =>
      checks.filter(({ ok, rule }) => !ok && !crowded(rule)).map((check) => ({ caseId, ...check })),
    );
    expect(missed).toEqual([]);
  });

  it('comes to the same verdicts as the generator and the collector that mex brings along', () => {
    // Pauses and microseconds differ from run to run, and an open verdict is none.
    const stable = ['match-p99', 'http-p99', 'errors', 'depth-p99', 'throughput', 'shard-p99', 'scaling'];
    const open = ['INVALID', 'INCONCLUSIVE', 'NOT RUN'];
    const decided = ({ asrs }: Told) =>
      new Map(
        asrs.flatMap(({ criteria }) =>
          criteria
            .filter(({ id, verdict }) => stable.includes(id) && !open.includes(verdict))
            .map((one) => [one.id, one.verdict]),
        ),
      );
    const [ours, theirs] = [decided(told), decided(toldOfK6)];
    const both = [...ours.keys()].filter((id) => theirs.has(id));
    expect(both.map((id) => [id, theirs.get(id)])).toEqual(both.map((id) => [id, ours.get(id)]));
    expect(ours.size + theirs.size).toBeGreaterThan(0);
  });

  it('leaves nothing running', () => {
    if (process.platform === 'linux') expect(processesOf(cwd)).toEqual([]);
    expect(readdirSync(cwd)).toEqual(['results']);
  });
});

const seenWhole = (checks: Told['cases'][number]['checks']): boolean =>
  checks.every(({ rule, ok }) => ok || (rule !== 'agreement' && rule !== 'measurements'));

/** Every rule and every criterion of every case, and what follows for the ASRs. */
function verdictsOf({ asrs, cases }: Told): string[] {
  return [
    ...cases.flatMap(({ caseId, verdict, checks }) => [
      `${caseId}: ${verdict}`,
      ...checks.map(({ rule, ok }) => `${caseId} ${rule}: ${ok}`),
    ]),
    ...asrs.flatMap(({ asr, verdict, criteria }) => [
      `${asr}: ${verdict}`,
      ...criteria.map((one) => `${asr} ${one.id}: ${one.verdict}`),
    ]),
  ];
}
