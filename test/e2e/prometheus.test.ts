/** The same run, measured by the collector and by Prometheus itself: the same values, the same verdicts. And its death. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CaseEvidence, ShardEvidence } from '../../src/experiment/evidence.ts';
import type { RunRecord } from '../../src/report/run-record.ts';
import { measureAgain } from '../../src/runner/measure-again.ts';
import { judgeAgain } from '../../src/runner/run-experiment.ts';
import { observationsOf, quantileOf } from '../../src/stats/quantile.ts';
import { PrometheusSource } from '../../src/telemetry/prometheus/prometheus-source.ts';
import { processesOf, startMex } from '../mex-process.ts';
import { PROMETHEUS, type RealPrometheus } from '../real-prometheus.ts';
import { skipped } from '../skipped.ts';
import { runShortened } from './run-shortened.ts';

const TIME_SCALE = 0.05;
/** Within a scrape interval or two: a shard at rest fills its 1 MiB of young space far less than once a second. */
const COLLECTIONS_AT_REST_MAX = 5;

describe.each(PROMETHEUS)('with $name', (which) => {
  const missing = skipped(which.missing !== undefined, `a run measured by ${which.name}`, `${which.missing}`);

  it.skipIf(missing)('the collector and Prometheus say the same of a run, and it is judged the same', async () => {
    let again: CaseEvidence | undefined;
    let kept: RunRecord | undefined;
    await runShortened('a2', TIME_SCALE, {
      prometheus: which.program,
      async afterwards({ prometheus }, record) {
        const [evidence] = record.cases;
        if (prometheus === undefined || evidence === undefined) throw new Error('nothing was measured');
        kept = record;
        again = await measureAgain(evidence, await PrometheusSource.connect(prometheus.url));
      },
    });
    const [ours, theirs] = [kept?.cases[0], again].map((one) => one?.phases[0]?.shards[0]);
    if (ours === undefined || theirs === undefined || kept === undefined || again === undefined)
      throw new Error('none');
    expect(again.brokenOff).toBeUndefined();
    // From rest to rest both have seen everything, to the last observation.
    expect(countedOf(theirs)).toEqual(countedOf(ours));
    // Garbage is collected at rest too, and the scrapes of the two lie apart at both ends.
    const collections = [ours, theirs].map(({ gcPauses }) => observationsOf(gcPauses) ?? 0);
    expect(Math.min(...collections)).toBeGreaterThan(0);
    expect(Math.max(...collections) - Math.min(...collections)).toBeLessThanOrEqual(COLLECTIONS_AT_REST_MAX);
    // A window is cut at scrapes, which are up to one interval apart: by so many observations they may differ.
    const perInterval = observationsWithin(ours, theirs);
    theirs.matchDurationWindows.forEach(({ histogram }, index) => {
      const other = ours.matchDurationWindows[index]?.histogram ?? { buckets: [], count: 0, sum: 0 };
      expect(observationsOf(histogram)).toBeGreaterThan(0);
      expect(Math.abs(histogram.count - other.count)).toBeLessThanOrEqual(perInterval);
    });
    const before = verdictsOf(judgeAgain(kept));
    expect(verdictsOf(judgeAgain({ ...kept, cases: [again] }))).toEqual(before);
    expect(before.length).toBeGreaterThan(5);
  });

  it.skipIf(missing)(
    'that dies in mid-run makes the case INVALID and says why; what else was measured is kept',
    async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'mex-prometheus-e2e-'));
      onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
      const args = ['test', 'asr1', '--case', 'a2', '--time-scale', String(TIME_SCALE), '--metrics', 'prometheus'];
      const mex = startMex(args, cwd, { PATH: `${onPath(which, cwd)}${delimiter}${process.env.PATH}` });
      await mex.says('orders/s');
      const { processes } = JSON.parse(readFileSync(join(cwd, '.mex/local.json'), 'utf8'));
      const { pid } = processes.find(({ role }: { role: string }) => role === 'prometheus');
      process.kill(pid, 'SIGKILL');
      const { exit } = await mex.ended;
      expect(exit).toBe(4);
      const [runId = ''] = readdirSync(join(cwd, 'results'));
      const record: RunRecord = JSON.parse(readFileSync(join(cwd, 'results', runId, 'run.json'), 'utf8'));
      expect(record.config.metrics).toMatch(/^prometheus \d/);
      const [experiment] = record.cases;
      expect(experiment?.brokenOff).toMatch(/shard a could not be measured: Prometheus at \S+ does not answer/);
      expect(record.judgement.cases[0]?.verdict).toBe('INVALID');
      expect(experiment?.phases[0]?.load.sent).toBe(255);
      expect(readFileSync(join(cwd, 'results', runId, 'metrics.jsonl'), 'utf8')).toContain('me_matches_total');
      expect(existsSync(join(cwd, '.mex'))).toBe(false);
      if (process.platform === 'linux') expect(processesOf(cwd)).toEqual([]);
    },
  );
});

/** Everything that changes only while orders come, counted from rest to rest. */
function countedOf({ matchDuration, stages, ordersCounted, matchesCounted }: ShardEvidence) {
  const rounded = { sum: Number(matchDuration.sum.toPrecision(9)), p99: quantileOf(matchDuration, 0.99) };
  const parts = Object.entries(stages).map(([name, { buckets }]) => [name, buckets]);
  return { ...rounded, buckets: matchDuration.buckets, parts, ordersCounted, matchesCounted };
}

/** The most that any one interval added, and one more for where the scrapes of the two lie. */
function observationsWithin(...shards: ShardEvidence[]): number {
  const gains = shards.flatMap(({ orders }) => orders.map(([, value], index) => value - (orders[index - 1]?.[1] ?? 0)));
  return 2 * Math.max(...gains);
}

function verdictsOf({ cases, asrs }: RunRecord['judgement']): string[] {
  const checks = cases.flatMap((one) => one.checks.map(({ rule, ok }) => `${one.caseId} ${rule} ${ok}`));
  return [...checks, ...asrs.flatMap(({ asr, criteria }) => criteria.map((one) => `${asr} ${one.id} ${one.verdict}`))];
}

/** A folder in which the program has the name that mex looks for. */
function onPath({ program }: RealPrometheus, cwd: string): string {
  if (!program.includes('/')) return '';
  symlinkSync(program, join(cwd, 'prometheus'));
  return cwd;
}
